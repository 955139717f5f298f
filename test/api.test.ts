import { expect, test } from 'vitest'
import { asOrg, asSystem } from '../src/db/scope.ts'
import { saveArtifact } from '../src/events/artifact-store.ts'
import { appendEvents } from '../src/events/store.ts'
import type {
  AgentList,
  ApiKeyList,
  ArtifactList,
  Codebase,
  CodebaseList,
  ConversationWithMessages,
  CreatedApiKey,
  Problem,
  Schedule,
  ScheduleList,
  Task,
  TaskEventList,
  TaskList,
  WorkerList,
} from '../src/http/wire.ts'
import { DEFAULT_ORG } from '../src/orgs/org.ts'
import { holdFence, parkTask, settleTask } from '../src/tasks/store.ts'
import type { Run } from '../src/tasks/task.ts'
import { registerWorker } from '../src/tasks/worker-store.ts'
import { openTestApi, startTask, type TestApi } from './http-kit.ts'

const MIB = 2 ** 20

async function expectProblem(response: Response, status: number, code: string): Promise<Problem> {
  const problem = (await response.json()) as Problem
  expect({ status: response.status, code: problem.code }).toEqual({ status, code })
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(problem).toMatchObject({ status, type: `urn:drover:problem:${code}`, correlationId: expect.any(String) })
  expect(response.headers.get('x-request-id')).toBe(problem.correlationId)
  return problem
}

const fail = (api: TestApi, run: Run) =>
  asSystem(api.database, (db) => settleTask(db, run, 'failed', { failure: { class: 'other', message: 'It broke.' } }))

async function askQuestion(api: TestApi, run: Run, freeText: boolean) {
  const choices = [
    { id: 'a', label: 'Allow' },
    { id: 'd', label: 'Deny' },
  ]
  await asSystem(api.database, async (db) => {
    const question = { type: 'question', id: 'q1', kind: 'permission', title: 'Delete it?', choices, freeText } as const
    await appendEvents(db, run, [question])
    await parkTask(db, run, 'input')
  })
}

test('without a key, or with one that is not valid, nobody gets in, and is told where to get one', async () => {
  await using api = await openTestApi()
  for (const authorization of [
    undefined,
    'Basic abc',
    'Bearer nonsense',
    `Bearer drover_${'0'.repeat(26)}_${'x'.repeat(43)}`,
  ]) {
    const request = new Request('http://localhost/v1/tasks', {
      headers: authorization === undefined ? {} : { authorization },
    })
    const response = await api.http.fetch(request)
    expect(response.headers.get('www-authenticate')).toContain('Bearer')
    const { detail } = await expectProblem(response, 401, 'unauthorized')
    expect(detail).toContain('drover key create')
  }
})

test('a prompt becomes a task in a known codebase, named by id, name or address', async () => {
  await using api = await openTestApi()
  const codebase = await api.post<Codebase>('/v1/codebases', { url: '/srv/app/' })
  expect(codebase).toMatchObject({ name: 'app', url: '/srv/app', defaultBranch: 'main' })
  for (const name of [codebase.id, 'app', '/srv/app']) {
    const task = await api.post<Task>('/v1/tasks', { prompt: 'Say hello\nand more', codebase: name })
    expect(task).toMatchObject({
      status: 'pending',
      title: 'Say hello',
      agent: 'scripted',
      codebaseId: codebase.id,
      question: null,
    })
    expect(await api.get(`/v1/tasks/${task.id}`)).toEqual(task)
  }
})

test('a task goes on in its conversation, with the agent of that conversation', async () => {
  await using api = await openTestApi()
  await api.post('/v1/codebases', { url: '/srv/app' })
  const first = await api.post<Task>('/v1/tasks', {
    prompt: 'One',
    codebase: 'app',
    agent: 'aider',
    priority: 7,
    maxAttempts: 2,
  })
  const second = await api.post<Task>('/v1/tasks', { prompt: 'Two', conversationId: first.conversationId })
  expect(first).toMatchObject({ priority: 7, maxAttempts: 2 })
  expect(second).toMatchObject({ status: 'queued', agent: 'aider', conversationId: first.conversationId })
  const conversation = await api.get<ConversationWithMessages>(`/v1/conversations/${first.conversationId}`)
  expect(conversation.messages.map(({ author, text }) => [author, text])).toEqual([
    ['person', 'One'],
    ['person', 'Two'],
  ])
})

test('a task waits for its time', async () => {
  await using api = await openTestApi()
  await api.post('/v1/codebases', { url: '/srv/app' })
  const runAt = '2099-01-01T10:00:00+01:00'
  const task = await api.post<Task>('/v1/tasks', { prompt: 'Later', codebase: 'app', runAt })
  expect(task).toMatchObject({ status: 'scheduled', runAt: '2099-01-01T09:00:00.000Z' })
})

test('all that is wrong with a request is told at once', async () => {
  await using api = await openTestApi()
  const body = { prompt: ' ', priority: 'high', runAt: 'tomorrow', maxAttempts: 0, colour: 'red' }
  const { errors = [] } = await expectProblem(await api.ask('POST', '/v1/tasks', body), 422, 'invalid-request')
  expect(errors.map(({ field }) => field).toSorted()).toEqual(['', 'maxAttempts', 'priority', 'prompt', 'runAt'])
  expect(errors.find(({ field }) => field === '')?.message).toContain('colour')
  const empty = await expectProblem(await api.ask('POST', '/v1/tasks', {}), 422, 'invalid-request')
  expect(empty.errors).toContainEqual({ in: 'body', field: 'prompt', message: 'It is required.' })
  const query = await expectProblem(await api.ask('GET', '/v1/tasks?limit=0&status=lost'), 422, 'invalid-request')
  expect(query.errors?.map(({ field }) => field.split('.')[0]).toSorted()).toEqual(['limit', 'status'])
})

test('what a task refers to must be there, and the answer says what is', async () => {
  await using api = await openTestApi()
  const { conversationId, id: parentId } = await startTask(api)
  const refused = async (body: object, code: string, status = 422) =>
    (await expectProblem(await api.ask('POST', '/v1/tasks', { prompt: 'x', ...body }), status, code)).detail
  expect(await refused({ codebase: 'app', agent: 'nobody' }, 'agent-unknown')).toContain('scripted, aider')
  expect(await refused({ codebase: 'nothing' }, 'no-codebase')).toContain('drover codebase add')
  expect(await refused({ conversationId: 'cnv_none' }, 'no-conversation', 404)).toContain('cnv_none')
  expect(await refused({ codebase: 'app', parentId: 'tsk_none' }, 'invalid-request')).toContain('parentId')
  expect(await refused({ conversationId, parentId }, 'invalid-request')).toContain('wait for it')
  expect(await refused({ codebase: 'app', workerType: 'gpu' }, 'invalid-request')).toContain('DROVER_WORKER_TYPES=gpu')
  await refused({ codebase: 'app', conversationId }, 'invalid-request')
  await refused({}, 'invalid-request')
})

test('bodies that are no JSON, of another kind, or hold NUL are refused with what to do', async () => {
  await using api = await openTestApi()
  await startTask(api)
  await expectProblem(await api.ask('POST', '/v1/tasks', '{"prompt":'), 400, 'malformed-json')
  await expectProblem(
    await api.ask('POST', '/v1/tasks', 'prompt=x', { 'content-type': 'text/plain' }),
    415,
    'content-type',
  )
  await expectProblem(
    await api.ask('POST', '/v1/tasks', { prompt: 'a\u0000b', codebase: 'app' }),
    422,
    'invalid-request',
  )
  const { detail } = await expectProblem(await api.ask('GET', '/v1/tasks/%00'), 422, 'invalid-request')
  expect(detail).toContain('NUL')
})

test('a prompt of 1 MiB is taken, one byte more is not', async () => {
  await using api = await openTestApi()
  const { id } = await startTask(api, 'x'.repeat(MIB))
  expect((await api.get<Task>(`/v1/tasks/${id}`)).prompt).toHaveLength(MIB)
  const response = await api.ask('POST', '/v1/tasks', { prompt: `${'x'.repeat(MIB - 1)}ü`, codebase: 'app' })
  const { errors = [] } = await expectProblem(response, 422, 'invalid-request')
  expect(errors[0]?.message).toContain('1 MiB')
  expect(errors[0]?.message).toContain('file of the repository')
})

test('a body over 2 MiB is refused, whether its length is told or not', async () => {
  await using api = await openTestApi()
  const body = JSON.stringify({ prompt: 'x'.repeat(2 * MIB) })
  const { detail } = await expectProblem(await api.ask('POST', '/v1/tasks', body), 413, 'too-large')
  expect(detail).toContain('2 MiB')
  const chunked = new Request('http://localhost/v1/tasks', {
    method: 'POST',
    headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
    body: new Blob([body]).stream(),
    duplex: 'half',
  })
  await expectProblem(await api.http.fetch(chunked), 413, 'too-large')
})

test('tasks are listed newest first, a page at a time, each once', async () => {
  await using api = await openTestApi()
  const made: string[] = []
  for (let number = 0; number < 5; number++) made.unshift((await startTask(api, `Task ${number}`)).id)
  const seen: string[] = []
  let pages = 0
  for (let next: string | null = ''; next !== null; pages++) {
    const page: TaskList = await api.get(`/v1/tasks?limit=2${next === '' ? '' : `&cursor=${next}`}`)
    seen.push(...page.tasks.map(({ id }) => id))
    next = page.next
    // What is new stands before the first page, and shifts none of the others.
    await startTask(api, 'New')
  }
  expect({ seen, pages }).toEqual({ seen: made, pages: 3 })
  await expectProblem(await api.ask('GET', '/v1/tasks?cursor=nonsense'), 422, 'invalid-request')
})

test('tasks are listed by state, codebase, conversation, agent and parent', async () => {
  await using api = await openTestApi()
  const first = await startTask(api, 'First')
  await api.post('/v1/codebases', { url: '/srv/other' })
  const second = await api.post<Task>('/v1/tasks', {
    prompt: 'Second',
    codebase: 'other',
    agent: 'aider',
    parentId: first.id,
  })
  const third = await api.post<Task>('/v1/tasks', { prompt: 'Third', conversationId: first.conversationId })
  const ids = async (query: string) => (await api.get<TaskList>(`/v1/tasks?${query}`)).tasks.map(({ id }) => id)
  expect(await ids('status=queued')).toEqual([third.id])
  expect(await ids('status=queued,pending')).toEqual([third.id, second.id, first.id])
  expect(await ids('status=queued&status=running')).toEqual([third.id])
  expect(await ids('codebase=other')).toEqual([second.id])
  expect(await ids(`conversation=${first.conversationId}`)).toEqual([third.id, first.id])
  expect(await ids('agent=aider')).toEqual([second.id])
  expect(await ids(`parent=${first.id}`)).toEqual([second.id])
  await expectProblem(await api.ask('GET', '/v1/tasks?codebase=none'), 422, 'no-codebase')
})

test('a task is cancelled: at once while it waits, through its worker while it runs; twice is no mistake', async () => {
  await using api = await openTestApi()
  const waiting = await startTask(api)
  const path = `/v1/tasks/${waiting.id}/cancel`
  expect(await api.post(path, {}, 200)).toMatchObject({ status: 'cancelled' })
  expect(await api.post(path, {}, 200)).toMatchObject({ status: 'cancelled' })
  const running = await startTask(api)
  const run = await api.claim()
  expect(await api.post(`/v1/tasks/${running.id}/cancel`, {}, 200)).toMatchObject({
    status: 'running',
    cancelRequested: true,
  })
  await fail(api, run)
  const { detail } = await expectProblem(await api.ask('POST', `/v1/tasks/${running.id}/cancel`), 409, 'task-ended')
  expect(detail).toContain('failed')
})

test('only what has failed or was cancelled is tried again, with another prompt if one is given', async () => {
  await using api = await openTestApi()
  const { id } = await startTask(api)
  await expectProblem(await api.ask('POST', `/v1/tasks/${id}/retry`), 409, 'task-not-ended')
  await fail(api, await api.claim())
  expect(await api.get(`/v1/tasks/${id}`)).toMatchObject({ status: 'failed', failure: { message: 'It broke.' } })
  expect(await api.post(`/v1/tasks/${id}/retry`, {}, 200)).toMatchObject({
    status: 'pending',
    prompt: 'Say hello',
    failure: null,
  })
  await fail(api, await api.claim())
  expect(await api.post(`/v1/tasks/${id}/retry`, { prompt: 'Say goodbye' }, 200)).toMatchObject({
    prompt: 'Say goodbye',
  })
})

test('a question is shown with its task, and answered with one of its choices', async () => {
  await using api = await openTestApi()
  const { id } = await startTask(api)
  await expectProblem(await api.ask('POST', `/v1/tasks/${id}/answer`, { text: 'x' }), 409, 'task-not-asking')
  await askQuestion(api, await api.claim(), false)
  expect(await api.get(`/v1/tasks/${id}`)).toMatchObject({
    status: 'waiting',
    waitingFor: 'input',
    question: { id: 'q1', title: 'Delete it?' },
  })
  expect((await api.get<TaskList>('/v1/tasks')).tasks[0]?.question?.id).toBe('q1')
  const wrong = await expectProblem(
    await api.ask('POST', `/v1/tasks/${id}/answer`, { choice: 'z' }),
    422,
    'invalid-request',
  )
  expect(wrong.detail).toContain('a (Allow), d (Deny)')
  await expectProblem(await api.ask('POST', `/v1/tasks/${id}/answer`, { text: 'yes' }), 422, 'invalid-request')
  await expectProblem(await api.ask('POST', `/v1/tasks/${id}/answer`, {}), 422, 'invalid-request')
  expect(await api.post(`/v1/tasks/${id}/answer`, { choice: 'a' }, 200)).toMatchObject({
    status: 'pending',
    question: null,
  })
  await expectProblem(await api.ask('POST', `/v1/tasks/${id}/answer`, { choice: 'a' }), 409, 'task-not-asking')
})

test('of ten answers at once one counts', async () => {
  await using api = await openTestApi()
  const { id } = await startTask(api)
  await askQuestion(api, await api.claim(), true)
  const answers = Array.from({ length: 10 }, (_, number) =>
    api.ask('POST', `/v1/tasks/${id}/answer`, { text: `${number}` }),
  )
  const statuses = (await Promise.all(answers)).map(({ status }) => status)
  expect(statuses.filter((status) => status === 200)).toHaveLength(1)
  expect(statuses.filter((status) => status === 409)).toHaveLength(9)
})

test('events are read in order, after a number, so many at a time', async () => {
  await using api = await openTestApi()
  const { id } = await startTask(api)
  const run = await api.claim()
  await asSystem(api.database, (db) =>
    appendEvents(db, run, [
      { type: 'step', text: 'a' },
      { type: 'text', text: 'b' },
    ]),
  )
  const { events } = await api.get<TaskEventList>(`/v1/tasks/${id}/events`)
  expect(events.map(({ seq, event }) => [seq, event.type])).toEqual([
    [1, 'state'],
    [2, 'state'],
    [3, 'step'],
    [4, 'text'],
  ])
  const page = await api.get<TaskEventList>(`/v1/tasks/${id}/events?after=2&limit=1`)
  expect(page.events).toMatchObject([{ taskId: id, seq: 3, attempt: 1, event: { type: 'step', text: 'a' } }])
})

test('artifacts come as files to keep, never to show; the newest diff has an address of its own', async () => {
  await using api = await openTestApi()
  const { id } = await startTask(api)
  await expectProblem(await api.ask('GET', `/v1/tasks/${id}/diff`), 404, 'artifact-unknown')
  const run = await api.claim()
  const [artifactId] = await asSystem(api.database, async (db) => {
    await holdFence(db, run)
    return [
      await saveArtifact(db, run, {
        kind: 'tool-output',
        name: 'a "b"\r\n.html',
        mediaType: 'text/html',
        content: '<script>',
      }),
      await saveArtifact(db, run, { kind: 'diff', name: 'changes.diff', mediaType: 'text/x-diff', content: '+ü' }),
    ]
  })
  const { artifacts } = await api.get<ArtifactList>(`/v1/tasks/${id}/artifacts`)
  expect(artifacts).toMatchObject([
    { id: artifactId, kind: 'tool-output', name: 'a "b"\r\n.html', mediaType: 'text/html', bytes: 8 },
    { kind: 'diff', name: 'changes.diff', bytes: 3 },
  ])
  await expectProblem(await api.ask('GET', '/v1/tasks/tsk_none/artifacts'), 404, 'task-unknown')
  const file = await api.ask('GET', `/v1/artifacts/${artifactId}`)
  expect(file.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''a%20%22b%22%0D%0A.html")
  expect(file.headers.get('x-content-type-options')).toBe('nosniff')
  expect(await file.text()).toBe('<script>')
  const diff = await api.ask('GET', `/v1/tasks/${id}/diff`)
  expect(diff.headers.get('content-type')).toContain('text/x-diff')
  expect(await diff.text()).toBe('+ü')
  await expectProblem(await api.ask('GET', '/v1/artifacts/art_none'), 404, 'artifact-unknown')
})

test('a codebase is looked at before it is added, and nothing is left of one that cannot be used', async () => {
  await using api = await openTestApi()
  await expectProblem(
    await api.ask('POST', '/v1/codebases', { url: 'https://git.example/missing' }),
    422,
    'repository-missing',
  )
  await expectProblem(await api.ask('POST', '/v1/codebases', { url: 'relative/path' }), 422, 'invalid-request')
  expect(await api.get<CodebaseList>('/v1/codebases')).toEqual({ codebases: [] })
  const added = await api.post<Codebase>('/v1/codebases', { url: 'https://git.example/acme/App.git', name: 'acme' })
  await expectProblem(await api.ask('POST', '/v1/codebases', { url: '/srv/acme' }), 409, 'name-taken')
  expect(await api.get<CodebaseList>('/v1/codebases')).toEqual({ codebases: [added] })
  expect(await api.get(`/v1/codebases/${encodeURIComponent(added.url)}`)).toEqual(added)
  expect((await api.ask('DELETE', '/v1/codebases/acme')).status).toBe(204)
  await expectProblem(await api.ask('DELETE', '/v1/codebases/acme'), 404, 'codebase-unknown')
  await expectProblem(await api.ask('GET', '/v1/codebases/acme'), 404, 'codebase-unknown')
})

test('a schedule is made, listed and removed; a line that is none is explained', async () => {
  await using api = await openTestApi()
  await api.post('/v1/codebases', { url: '/srv/app' })
  const schedule = { name: 'weekly', cron: '0 6 * * 1', timezone: 'Europe/Berlin', prompt: 'Update', codebase: 'app' }
  const made = await api.post<Schedule>('/v1/schedules', schedule)
  expect(made).toMatchObject({ name: 'weekly', agent: 'scripted', timezone: 'Europe/Berlin', lastRunAt: null })
  await expectProblem(await api.ask('POST', '/v1/schedules', schedule), 409, 'name-taken')
  await expectProblem(await api.ask('POST', '/v1/schedules', { ...schedule, name: 'b', cron: '0 6 * *' }), 422, 'cron')
  await expectProblem(await api.ask('POST', '/v1/schedules', { ...schedule, name: 'b', timezone: 'Mars' }), 422, 'cron')
  expect(await api.get<ScheduleList>('/v1/schedules')).toEqual({ schedules: [made] })
  expect((await api.ask('DELETE', `/v1/schedules/${made.id}`)).status).toBe(204)
  await expectProblem(await api.ask('DELETE', `/v1/schedules/${made.id}`), 404, 'schedule-unknown')
})

test('a key works until it is revoked, and its token is shown once', async () => {
  await using api = await openTestApi()
  const { token, id } = await api.post<CreatedApiKey>('/v1/keys', { name: 'ci' })
  const asCi = { authorization: `Bearer ${token}` }
  expect((await api.ask('GET', '/v1/tasks', undefined, asCi)).status).toBe(200)
  const { keys } = await api.get<ApiKeyList>('/v1/keys')
  expect(keys.map(({ name }) => name)).toEqual(['test', 'ci'])
  expect(JSON.stringify(keys)).not.toContain(token)
  expect((await api.ask('DELETE', `/v1/keys/${id}`)).status).toBe(204)
  await expectProblem(await api.ask('GET', '/v1/tasks', undefined, asCi), 401, 'unauthorized')
  await expectProblem(await api.ask('DELETE', `/v1/keys/${id}`), 404, 'key-unknown')
})

test('agents and workers are listed', async () => {
  await using api = await openTestApi()
  const worker = { host: 'h', bootId: 'b', pid: 1, startedAt: '1', types: ['general'], concurrency: 4, version: '1' }
  await asSystem(api.database, (db) => registerWorker(db, worker))
  expect(await api.get<AgentList>('/v1/agents')).toMatchObject({ agents: [{ name: 'scripted', selected: true }] })
  expect(await api.get<WorkerList>('/v1/workers')).toMatchObject({ workers: [{ host: 'h', pid: 1, draining: false }] })
})

test('another org sees nothing of the first, whatever it asks for', async () => {
  await using api = await openTestApi()
  const task = await startTask(api)
  const run = await api.claim()
  const artifactId = await asOrg(api.database, DEFAULT_ORG, (db) =>
    saveArtifact(db, run, { kind: 'diff', name: 'x', content: 'x' }),
  )
  const schedule = await api.post<Schedule>('/v1/schedules', {
    name: 's',
    cron: '0 6 * * 1',
    prompt: 'p',
    codebase: 'app',
  })
  const { keys } = await api.get<ApiKeyList>('/v1/keys')
  const foreign: [method: string, path: string, body?: object][] = [
    ['GET', `/v1/tasks/${task.id}`],
    ['POST', `/v1/tasks/${task.id}/cancel`],
    ['POST', `/v1/tasks/${task.id}/retry`, {}],
    ['POST', `/v1/tasks/${task.id}/answer`, { text: 'x' }],
    ['GET', `/v1/tasks/${task.id}/events`],
    ['GET', `/v1/tasks/${task.id}/artifacts`],
    ['GET', `/v1/artifacts/${artifactId}`],
    ['GET', `/v1/tasks/${task.id}/diff`],
    ['GET', `/v1/codebases/${task.codebaseId}`],
    ['GET', '/v1/codebases/app'],
    ['DELETE', `/v1/codebases/${task.codebaseId}`],
    ['GET', `/v1/conversations/${task.conversationId}`],
    ['POST', '/v1/tasks', { prompt: 'x', conversationId: task.conversationId }],
    ['DELETE', `/v1/schedules/${schedule.id}`],
    ['DELETE', `/v1/keys/${keys[0]?.id}`],
  ]
  for (const [method, path, body] of foreign) {
    expect([method, path, (await api.askAsStranger(method, path, body)).status]).toEqual([method, path, 404])
  }
  for (const body of [{ codebase: task.codebaseId }, { codebase: 'app' }]) {
    await expectProblem(await api.askAsStranger('POST', '/v1/tasks', { prompt: 'x', ...body }), 422, 'no-codebase')
  }
  for (const path of ['/v1/tasks', `/v1/tasks?conversation=${task.conversationId}`, '/v1/codebases', '/v1/schedules']) {
    expect(Object.values((await (await api.askAsStranger('GET', path)).json()) as object)[0]).toEqual([])
  }
  const theirs = (await (await api.askAsStranger('GET', '/v1/keys')).json()) as ApiKeyList
  expect(theirs.keys.map(({ name }) => name)).toEqual(['strangers'])
  await expectProblem(await api.askAsStranger('GET', '/metrics'), 403, 'forbidden')
  // The task is as it was.
  expect(await api.get(`/v1/tasks/${task.id}`)).toMatchObject({ status: 'running', cancelRequested: false })
})

test('one id goes from the request to the task that it started', async () => {
  await using api = await openTestApi()
  await api.post('/v1/codebases', { url: '/srv/app' })
  const send = (id: string) => api.ask('POST', '/v1/tasks', { prompt: 'x', codebase: 'app' }, { 'x-request-id': id })
  const response = await send('req-42')
  expect(response.headers.get('x-request-id')).toBe('req-42')
  expect(await response.json()).toMatchObject({ correlationId: 'req-42' })
  const replaced = (await send('not sane at all')).headers.get('x-request-id')
  expect(replaced).toMatch(/^[0-9a-f-]{36}$/)
})

test('an unknown address is a problem, and / leads to the documentation', async () => {
  await using api = await openTestApi()
  await expectProblem(await api.ask('GET', '/v1/nothing'), 404, 'route-unknown')
  await expectProblem(await api.ask('DELETE', '/v1/tasks'), 404, 'route-unknown')
  expect((await api.ask('GET', '/')).headers.get('location')).toBe('/docs')
  expect(await (await api.ask('GET', '/docs')).text()).toContain('/docs/swagger-ui-bundle.js')
  expect((await api.ask('GET', '/docs/swagger-ui-bundle.js')).headers.get('content-type')).toContain('javascript')
  await expectProblem(await api.ask('GET', '/docs/package.json'), 404, 'route-unknown')
})
