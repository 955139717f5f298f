import { expect, test } from 'vitest'
import { openTestApi } from './http-kit.ts'

test('a prompt becomes a task in a known codebase', async () => {
  await using api = await openTestApi()
  const made = await api.ask('POST', '/v1/codebases', { url: '/srv/app' })
  console.log(made.status, await made.json())
  const task = await api.ask('POST', '/v1/tasks', { prompt: 'Say hello', codebase: 'app' })
  console.log(task.status, await task.json())
  for (const p of [
    '/v1/tasks',
    '/v1/tasks?status=pending,running&limit=1',
    '/v1/agents',
    '/v1/workers',
    '/v1/keys',
    '/v1/schedules',
    '/livez',
    '/readyz',
    '/health',
    '/metrics',
    '/docs',
    '/',
    '/nope',
    '/v1/nope',
    '/docs/swagger-ui.css',
  ]) {
    const r = await api.ask('GET', p)
    console.log(p, r.status, (await r.text()).slice(0, 200))
  }
  console.log(await (await api.ask('POST', '/v1/tasks', { prompt: '', x: 1, priority: 'a' })).text())
  console.log(JSON.stringify(api.http.document()).length)
  expect(1).toBe(1)
})
