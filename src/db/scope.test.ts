import { setTimeout as sleep } from 'node:timers/promises'
import { CompiledQuery } from 'kysely'
import { expect, test } from 'vitest'
import { asAdmin, openTestDb } from '../../test/test-db.ts'
import { RetryLater } from '../lib/errors.ts'
import { asSystem, onceAsSystem } from './scope.ts'

const query = (text: string) => CompiledQuery.raw(text)

test('what is thrown undoes all that was written', async () => {
  await using db = await openTestDb()
  await expect(
    asSystem(db, async (db) => {
      await db.insertInto('limits').values({ scope: 'org', key: 'x', max_running: 1 }).execute()
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  expect(await asSystem(db, (db) => db.selectFrom('limits').selectAll().execute())).toEqual([])
})

test('who swallows the error of a query is told that nothing was written', async () => {
  await using db = await openTestDb()
  await expect(
    asSystem(db, async (db) => {
      await db.insertInto('limits').values({ scope: 'org', key: 'x', max_running: 1 }).execute()
      await db.executeQuery(query('select 1/0')).catch(() => undefined)
    }),
  ).rejects.toThrow('nothing was written')
  expect(await asSystem(db, (db) => db.selectFrom('limits').selectAll().execute())).toEqual([])
})

test('a transaction of one query is committed with it; a second query has no rights', async () => {
  await using db = await openTestDb()
  const limit = { scope: 'org' as const, key: 'x', max_running: 1 }
  await onceAsSystem(db, (db) => db.insertInto('limits').values(limit).execute())
  expect(await onceAsSystem(db, (db) => db.selectFrom('limits').selectAll().execute())).toEqual([limit])
  await expect(onceAsSystem(db, (db) => db.insertInto('limits').values(limit).execute())).rejects.toThrow(
    'duplicate key',
  )
  await expect(
    onceAsSystem(db, async (db) => {
      await db.selectFrom('limits').selectAll().execute()
      await db.deleteFrom('limits').execute()
    }),
  ).rejects.toThrow('does not exist')
  expect(await asSystem(db, (db) => db.selectFrom('limits').selectAll().execute())).toEqual([limit])
})

test('listeners are told after the commit, each thing once, and nothing of what was undone', async () => {
  await using db = await openTestDb({ poolSize: 1 })
  const heard: (string | undefined)[] = []
  db.listener.on('drover_test', (payload) => payload !== undefined && heard.push(payload))
  const tell = (payload: string) => query(`select tell('drover_test', '${payload}')`)
  await asSystem(db, async (db) => {
    await db.executeQuery(tell('undone'))
    throw new Error('no')
  }).catch(() => undefined)
  await asSystem(db, async (db) => {
    await db.executeQuery(tell('done'))
    await db.executeQuery(tell('done'))
    await db.executeQuery(tell('other'))
  })
  await onceAsSystem(db, (db) => db.executeQuery(tell('once')))
  await expect.poll(() => heard).toEqual(['done', 'other', 'once'])
})

test('a connection that breaks in the middle is replaced', async () => {
  await using db = await openTestDb({ poolSize: 1 })
  await expect(
    asSystem(db, (db) => db.executeQuery(query('select pg_terminate_backend(pg_backend_pid())'))),
  ).rejects.toThrow('terminat')
  expect((await asSystem(db, (db) => db.executeQuery(query('select 1 as one')))).rows).toEqual([{ one: 1 }])
})

test('a connection that breaks while it is lent out and idle fails the transaction, not the process', async () => {
  await using db = await openTestDb({ poolSize: 1 })
  const broken = asSystem(db, async (inside) => {
    const { rows } = await inside.executeQuery<{ pid: number }>(query('select pg_backend_pid() as pid'))
    await asAdmin('postgres', (client) => client.query('select pg_terminate_backend($1, 5000)', [rows[0]?.pid]))
    // Time for the news to reach this process.
    await sleep(100)
    return inside.executeQuery(query('select 1'))
  })
  await expect(broken).rejects.toThrow(/terminat|not queryable/)
  expect((await asSystem(db, (db) => db.executeQuery(query('select 1 as one')))).rows).toEqual([{ one: 1 }])
})

test('a database that is away is a reason to try later', async () => {
  const db = await openTestDb()
  await db[Symbol.asyncDispose]()
  await expect(asSystem(db, async () => undefined)).rejects.toThrow(RetryLater)
})
