import { readdir } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { asAdmin, createTestDatabase, dropTestDatabase, urlOf } from '../../test/test-db.ts'
import { openDatabase } from './connect.ts'
import { migrate, pendingMigrations } from './migrate.ts'

const files = (await readdir(new URL('../../migrations/', import.meta.url)))
  .map((file) => file.replace('.sql', ''))
  .toSorted()

test('ten that start at once on an empty database migrate it once, and none fails', async () => {
  const name = await emptyDatabase()
  const applied = await Promise.all(Array.from({ length: 10 }, () => migrate(urlOf(name))))
  expect(applied.filter((names) => names.length > 0)).toEqual([files])
  const { rows } = await asAdmin(name, (client) => client.query('select name from drover.migrations order by name'))
  expect(rows.map((row: { name: string }) => row.name)).toEqual(files)
})

test('what is missing is known before, nothing after, and a second time there is nothing to do', async () => {
  const name = await emptyDatabase()
  expect((await pendingMigrations(urlOf(name))).toSorted()).toEqual(files)
  expect(await migrate(urlOf(name))).toEqual(files)
  expect(await pendingMigrations(urlOf(name))).toEqual([])
  expect(await migrate(urlOf(name))).toEqual([])
})

test('a migration that fails leaves nothing behind', async () => {
  const name = await emptyDatabase()
  // In the way of a late one.
  await asAdmin(name, (client) =>
    client.query('set role drover; create schema drover; create table drover.schedules (x int)'),
  )
  await expect(migrate(urlOf(name))).rejects.toThrow('schedules')
  const { rows } = await asAdmin(name, (client) =>
    client.query(
      `select relname from pg_class where relnamespace = 'drover'::regnamespace and relkind = 'r' order by 1`,
    ),
  )
  expect(rows).toEqual([{ relname: 'migrations' }, { relname: 'schedules' }])
  expect((await pendingMigrations(urlOf(name))).toSorted()).toEqual(files)
})

test('Drover shares a database with others: all it makes is in its schema', async () => {
  const name = await emptyDatabase()
  const outside = `select relname from pg_class join pg_namespace n on n.oid = relnamespace where nspname = 'public'`
  await asAdmin(name, (client) => client.query('create table public.tasks (x int)'))
  await migrate(urlOf(name))
  expect((await asAdmin(name, (client) => client.query(outside))).rows).toEqual([{ relname: 'tasks' }])
})

describe('a DATABASE_URL that does not work is explained in a sentence', () => {
  const open = (url: string) => openDatabase({ url, folder: '/nowhere', onWarning: () => undefined })
  /** One line, for the person who set it. */
  const complaintOf = async (url: string) => {
    const error: unknown = await open(url).then(
      async (database) => database.close(),
      (error: unknown) => error,
    )
    expect(error).toMatchObject({ name: 'UserError', message: expect.stringMatching(/^.*DATABASE_URL.*$/) })
    return (error as Error).message
  }

  test('nothing listens there', async () => {
    const free = await fakeServer(() => undefined)
    await free.close()
    expect(await complaintOf(free.url)).toMatch(/does not answer/)
  })

  test('the host is not known', async () => {
    expect(await complaintOf('postgres://x@nowhere.invalid/x')).toMatch(/host .* is not known/)
  })

  test('it is no URL', async () => {
    expect(await complaintOf('postgres://x@[::bad/x')).toMatch(/is no URL/)
    expect(await complaintOf('postgres://x@localhost:999999/x')).toMatch(/is no URL/)
  })

  test('what answers there is no PostgreSQL', async () => {
    const web = await fakeServer((_, reply) => reply(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), true))
    expect(await complaintOf(web.url)).toMatch(/does not answer|no PostgreSQL/)
  })

  test('the password is wrong', async () => {
    const server = await fakeServer((kind, reply) =>
      kind === 'startup'
        ? reply(message('R', int(3)))
        : reply(failure('28P01', 'password authentication failed'), true),
    )
    expect(await complaintOf(server.url.replace('fake@', 'fake:wrong@'))).toMatch(
      /refuses the login. Check user and password/,
    )
  })

  test('there is no password, and the server wants one', async () => {
    const sasl = message('R', int(10), text('SCRAM-SHA-256'), Buffer.of(0))
    const server = await fakeServer((kind, reply, heard) => {
      const nonce = /r=([^,\s]+)/.exec(heard.toString('latin1'))?.[1]
      reply(kind === 'startup' ? sasl : message('R', int(11), Buffer.from(`r=${nonce}server,s=c2FsdA==,i=4096`)))
    })
    expect(await complaintOf(server.url)).toMatch(/refuses the login. Check user and password/)
  })

  test('the server lets only encrypted connections in', async () => {
    const server = await fakeServer((_, reply) =>
      reply(failure('28000', 'no pg_hba.conf entry for host "10.0.0.1", user "x", database "x", no encryption'), true),
    )
    expect(await complaintOf(server.url)).toMatch(/no encryption.*sslmode=require/)
  })

  test('the server knows no encryption, and the URL asks for it', async () => {
    const server = await fakeServer((_, reply) => reply(Buffer.from('N')))
    expect(await complaintOf(`${server.url}?sslmode=verify-full`)).toMatch(/no encrypted connection.*sslmode/)
  })

  test('the server is still starting', async () => {
    const server = await fakeServer((_, reply) => reply(failure('57P03', 'the database system is starting up'), true))
    expect(await complaintOf(server.url)).toMatch(/is still starting/)
  })

  test('PostgreSQL is too old', async () => {
    const server = await fakeServer((kind, reply) => {
      if (kind === 'startup') reply(Buffer.concat([message('R', int(0)), message('Z', Buffer.from('I'))]))
      else reply(rowOf({ number: '130011', text: '13.11' }))
    })
    expect(await complaintOf(server.url)).toMatch(/PostgreSQL 13\.11; Drover needs 15 or newer/)
  })

  test('the database does not exist', async () => {
    expect(await complaintOf(urlOf('no_such_database'))).toMatch(/does not exist. Create it/)
  })

  test('the login does not exist', async () => {
    expect(await complaintOf(urlOf('postgres', 'nobody_here'))).toMatch(/refuses the login/)
  })

  test('the login may not create roles: what an administrator has to run is in the message, and it works', async () => {
    const name = await emptyDatabase()
    const login = await loginWithoutRights()
    const url = urlOf(name, login)
    const error = await open(url).catch((error: unknown) => error as Error)
    expect(error).toMatchObject({
      name: 'UserError',
      code: 'database-rights',
      message: expect.stringContaining(`to ${login};`),
    })
    const [, grant] = /(grant .*);/.exec((error as Error).message) ?? []
    await asAdmin(name, async (client) => {
      await client.query(grant!)
      await client.query(`grant create on database ${name} to ${login}`)
    })
    const database = await open(url)
    onTestFinished(() => database.close())
    await expect(database.pool.query('select from drover.tasks')).rejects.toMatchObject({ code: '42501' })
  })

  test('the login may not create a schema in the database', async () => {
    const name = await emptyDatabase()
    const login = await loginWithoutRights()
    await asAdmin(name, (client) => client.query(`grant drover_idle, drover_app, drover_system to ${login}`))
    expect(await complaintOf(urlOf(name, login))).toMatch(/lacks a right: permission denied.*create a schema/)
  })
})

async function emptyDatabase(): Promise<string> {
  const name = await createTestDatabase('template0')
  onTestFinished(() => dropTestDatabase(name))
  return name
}

async function loginWithoutRights(): Promise<string> {
  const login = `login_${Math.random().toString(36).slice(2, 10)}`
  await asAdmin('postgres', (client) => client.query(`create role ${login} login`))
  // Registered last, so it runs before its database is dropped: what it owns there goes first.
  onTestFinished(async () => {
    const { rows } = await asAdmin('postgres', (client) =>
      client.query<{ name: string }>(`select datname as name from pg_database where datname like 'test\\_%'`),
    )
    for (const { name } of rows) {
      await asAdmin(name, (client) => client.query(`drop owned by ${login}`)).catch(() => undefined)
    }
    await asAdmin('postgres', (client) => client.query(`drop role ${login}`))
  })
  return login
}

type Reply = (bytes: Buffer, last?: boolean) => void

/** A server that speaks as much of PostgreSQL's protocol as a test wants: asked for each piece that comes in. */
async function fakeServer(answer: (kind: 'startup' | 'message', reply: Reply, heard: Buffer) => void) {
  const server = createServer((socket) => {
    let pieces = 0
    socket.on('error', () => undefined)
    const reply: Reply = (bytes, last) => (last === true ? socket.end(bytes) : socket.write(bytes))
    socket.on('data', (heard) => answer(pieces++ === 0 ? 'startup' : 'message', reply, heard))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()))
  onTestFinished(() => Promise.race([close(), sleep(100)]))
  return { url: `postgres://fake@127.0.0.1:${(server.address() as AddressInfo).port}/fake`, close }
}

const int = (value: number) => Buffer.from(Uint32Array.of(value).buffer).swap32()
const short = (value: number) => Buffer.from(Uint16Array.of(value).buffer).swap16()
const text = (value: string) => Buffer.from(`${value}\0`)
const message = (kind: string, ...parts: Buffer[]) => {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from(kind), int(body.length + 4), body])
}
const failure = (code: string, sentence: string) =>
  message('E', text('SFATAL'), text(`C${code}`), text(`M${sentence}`), Buffer.of(0))
const rowOf = (row: Record<string, string>) => {
  const columns = Object.keys(row).map((name) => [
    text(name),
    int(0),
    short(0),
    int(25),
    short(65535),
    int(0),
    short(0),
  ])
  const values = Object.values(row).flatMap((value) => [int(value.length), Buffer.from(value)])
  const count = short(columns.length)
  return Buffer.concat([
    message('T', count, ...columns.flat()),
    message('D', count, ...values),
    message('C', text('SELECT 1')),
    message('Z', Buffer.from('I')),
  ])
}
