import { expect, test } from 'vitest'
import { openTestApi, startTask } from '../../test/http-kit.ts'
import { createTestDatabase, dropTestDatabase, urlOf } from '../../test/test-db.ts'
import { openDatabase } from '../db/connect.ts'
import { asSystem } from '../db/scope.ts'
import { registerWorker } from '../tasks/worker-store.ts'
import type { Health } from './wire.ts'

const ask = (api: { http: { fetch(request: Request): Promise<Response> } }, path: string) =>
  api.http.fetch(new Request(`http://localhost${path}`))

test('a service that is well says so to anybody, and how agents are fenced', async () => {
  await using api = await openTestApi()
  const worker = { host: 'h', bootId: 'b', pid: 1, startedAt: '1', types: ['general'], concurrency: 4, version: '1' }
  await asSystem(api.database, (db) => registerWorker(db, worker))
  expect((await ask(api, '/livez')).status).toBe(200)
  const ready = await ask(api, '/readyz')
  expect([ready.status, await ready.text()]).toEqual([200, 'ready\nAgents are fenced by a test.\n'])
  const health = await ask(api, '/health')
  expect([health.status, await health.json()]).toEqual([
    200,
    { status: 'ok', version: '0.0.0-test', database: 'ok', fence: 'Agents are fenced by a test.', workers: 1 },
  ])
})

test('a process that is about to stop lives, but is not ready', async () => {
  await using api = await openTestApi({ isDraining: () => true })
  expect((await ask(api, '/livez')).status).toBe(200)
  expect((await ask(api, '/readyz')).status).toBe(503)
  expect(((await (await ask(api, '/health')).json()) as Health).status).toBe('draining')
})

test('with a schema that is behind, the service is not ready, and says what to run', async () => {
  const name = await createTestDatabase('template0')
  const database = await openDatabase({
    url: urlOf(name),
    folder: '/nowhere',
    migrate: false,
    onWarning: () => undefined,
  })
  await using api = await openTestApi({ database })
  const response = await ask(api, '/readyz')
  expect(response.status).toBe(503)
  expect(await response.text()).toContain('drover migrate')
  await database.close()
  await dropTestDatabase(name)
})

test('without a database the process lives, is not ready, and every call says to come again', async () => {
  await using api = await openTestApi()
  const name = await createTestDatabase()
  const database = await openDatabase({
    url: urlOf(name),
    folder: '/nowhere',
    migrate: false,
    onWarning: () => undefined,
  })
  await using broken = await openTestApi({ database })
  await dropTestDatabase(name)
  expect((await ask(broken, '/livez')).status).toBe(200)
  expect((await ask(broken, '/readyz')).status).toBe(503)
  const health = await ask(broken, '/health')
  expect(health.status).toBe(503)
  expect(await health.json()).toMatchObject({ status: 'failing', workers: null })
  const headers = { authorization: `Bearer ${api.key}` }
  const response = await broken.http.fetch(new Request('http://localhost/v1/tasks', { headers }))
  expect(response.status).toBe(503)
  expect(response.headers.get('retry-after')).toBe('1')
  await database.close()
})

test('metrics need a key, and count tasks, workers and requests', async () => {
  await using api = await openTestApi()
  await startTask(api)
  expect((await ask(api, '/metrics')).status).toBe(401)
  await api.ask('GET', '/v1/tasks/tsk_none')
  const text = await (await api.ask('GET', '/metrics')).text()
  expect(text).toContain('drover_tasks{status="pending"} 1')
  expect(text).toContain('drover_workers 0')
  expect(text).toContain('drover_info{version="0.0.0-test"} 1')
  expect(text).toMatch(/drover_http_request_seconds_count\{method="GET",route="\/v1\/tasks\/:id",status="404"\} 1/)
})
