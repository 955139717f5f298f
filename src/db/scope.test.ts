import { CompiledQuery } from 'kysely'
import { expect, test } from 'vitest'
import { openTestDb } from '../../test/test-db.ts'
import { RetryLater } from '../lib/errors.ts'
import { asSystem } from './scope.ts'

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

test('a connection that breaks in the middle is replaced', async () => {
  await using db = await openTestDb({ poolSize: 1 })
  await expect(
    asSystem(db, (db) => db.executeQuery(query('select pg_terminate_backend(pg_backend_pid())'))),
  ).rejects.toThrow()
  expect((await asSystem(db, (db) => db.executeQuery(query('select 1 as one')))).rows).toEqual([{ one: 1 }])
})

test('a database that is away is a reason to try later', async () => {
  const db = await openTestDb()
  await db[Symbol.asyncDispose]()
  await expect(asSystem(db, async () => undefined)).rejects.toThrow(RetryLater)
})
