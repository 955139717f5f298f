import { expect, test } from 'vitest'
import { openTestApi } from '../../test/http-kit.ts'
import type { ApiKeyList, CodebaseList, CreatedApiKey, Problem, Task, TaskList } from './wire.ts'

const withKey = (key: string) => ({ 'idempotency-key': key })

test('ten equal requests at once create one task, and all get the same answer', async () => {
  await using api = await openTestApi()
  await api.post('/v1/codebases', { url: '/srv/app' })
  const send = () => api.ask('POST', '/v1/tasks', { prompt: 'Once', codebase: 'app' }, withKey('k1'))
  const responses = await Promise.all(Array.from({ length: 10 }, send))
  expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 201))
  const tasks = (await Promise.all(responses.map((response) => response.json()))) as Task[]
  expect(new Set(tasks.map(({ id }) => id)).size).toBe(1)
  for (const task of tasks) expect(task).toEqual(tasks[0])
  const replayed = responses.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')
  expect(replayed).toHaveLength(9)
  expect((await api.get<TaskList>('/v1/tasks')).tasks).toHaveLength(1)
})

test('the order of the fields does not matter, their values do', async () => {
  await using api = await openTestApi()
  await api.post('/v1/codebases', { url: '/srv/app' })
  const first = await api.ask('POST', '/v1/tasks', { prompt: 'A', codebase: 'app', priority: 5 }, withKey('k1'))
  const again = await api.ask('POST', '/v1/tasks', { priority: 5, codebase: 'app', prompt: 'A' }, withKey('k1'))
  expect(await again.json()).toEqual(await first.json())
  const other = await api.ask('POST', '/v1/tasks', { prompt: 'B', codebase: 'app', priority: 5 }, withKey('k1'))
  expect(other.status).toBe(422)
  expect(((await other.json()) as Problem).code).toBe('idempotency-key-reused')
  const elsewhere = await api.ask('POST', '/v1/keys', { name: 'ci' }, withKey('k1'))
  expect(((await elsewhere.json()) as Problem).code).toBe('idempotency-key-reused')
})

test('a create that failed leaves its key free, and two orgs may use the same one', async () => {
  await using api = await openTestApi()
  const send = () => api.ask('POST', '/v1/tasks', { prompt: 'A', codebase: 'app' }, withKey('k1'))
  expect((await send()).status).toBe(422)
  await api.post('/v1/codebases', { url: '/srv/app' })
  expect((await send()).status).toBe(201)
  await api.askAsStranger('POST', '/v1/codebases', { url: '/srv/app' })
  const theirs = await api.askAsStranger('POST', '/v1/tasks', { prompt: 'B', codebase: 'app' })
  expect(theirs.status).toBe(201)
})

test('a repeated codebase is answered without looking at the repository again', async () => {
  let looks = 0
  await using api = await openTestApi({
    async inspectRemote() {
      looks += 1
      if (looks > 1) throw new Error('The repository is away.')
      return { defaultBranch: 'trunk' }
    },
  })
  const send = () => api.ask('POST', '/v1/codebases', { url: '/srv/app' }, withKey('k1'))
  const first = await send()
  const again = await send()
  expect(again.headers.get('idempotency-replayed')).toBe('true')
  expect(await again.json()).toEqual(await first.json())
  expect((await api.get<CodebaseList>('/v1/codebases')).codebases).toHaveLength(1)
})

test('the token of a key is not kept for a repeated request', async () => {
  await using api = await openTestApi()
  const send = () => api.ask('POST', '/v1/keys', { name: 'ci' }, withKey('k1'))
  const first = (await (await send()).json()) as CreatedApiKey
  const again = (await (await send()).json()) as CreatedApiKey
  expect(first.token).toMatch(/^drover_/)
  expect(again).toEqual({ ...first, token: null })
  expect((await api.get<ApiKeyList>('/v1/keys')).keys).toHaveLength(2)
})

test('a key that cannot be one is refused', async () => {
  await using api = await openTestApi()
  const response = await api.ask('POST', '/v1/keys', { name: 'ci' }, withKey('x'.repeat(256)))
  expect(response.status).toBe(422)
})
