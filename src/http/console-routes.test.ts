import { expect, test } from 'vitest'
import { registerConsole, startConsole } from '../../test/console-kit.ts'
import { openTestApi, startTask, type TestApi } from '../../test/http-kit.ts'
import { readServerEvents } from '../lib/server-events.ts'
import { asOrg, asSystem } from '../db/scope.ts'
import { appendEvents } from '../events/store.ts'
import { storeSaid } from '../inbox/store.ts'
import { DEFAULT_ORG } from '../orgs/org.ts'
import { openPlace, setConversation } from '../places/store.ts'
import { ask } from '../questions/store.ts'
import { parkTask, settleTask } from '../tasks/store.ts'
import type { Accepted, Console, ConsoleMessage, ConsoleMessages, Inbox, Problem, Task, TaskList } from './wire.ts'

type Shown = Extract<ConsoleMessage, { by: 'drover' }>

const open = (api: TestApi, body: object = {}) => api.post<Console>('/v1/console', body)
const say = (api: TestApi, room: string, text: string, more: object = {}) =>
  api.post<Accepted>(`/v1/console/${room}/messages`, { text, ...more }, 202)
const read = (api: TestApi, room: string) => api.get<ConsoleMessages>(`/v1/console/${room}/messages`)
const textsIn = async (api: TestApi, room: string) =>
  (await read(api, room)).messages.map(({ by, text }) => `${by}: ${text}`)
const shownIn = async (api: TestApi, room: string) =>
  (await read(api, room)).messages.filter((message): message is Shown => message.by === 'drover')
const problemOf = async (response: Response) => [response.status, ((await response.json()) as Problem).code]

/** A conversation about the codebase `app`, in a room of the console, with both stages at work. */
async function openRoom(api: TestApi) {
  await api.post('/v1/codebases', { url: '/srv/app' })
  return open(api)
}

test('a command that is said in a room is answered there', async () => {
  await using api = await openTestApi()
  await using _ = await startConsole(api)
  const { room, conversation } = await openRoom(api)
  expect(conversation).toMatchObject({ id: room, agent: 'scripted', title: 'app' })
  const { id } = await say(api, room, '/getcwd')
  await expect
    .poll(() => textsIn(api, room))
    .toEqual(['person: /getcwd', 'drover: Current working directory: /workspace/app'])
  const { messages } = await read(api, room)
  expect(messages).toMatchObject([
    { id, by: 'person', name: 'test', channel: 'console', status: 'done', verdict: 'command', conversationId: room },
    { by: 'drover', kind: 'text', isFinal: true, question: null, conversationId: room },
  ])
  expect((await api.get<Inbox>(`/v1/inbox?which=${id}`)).inbox).toMatchObject([{ key: id, verdict: 'command' }])
})

test('a message becomes a task, whose card lives and whose answer grows', async () => {
  await using api = await openTestApi()
  await using _ = await startConsole(api)
  const { room } = await openRoom(api)
  await say(api, room, 'Say hello')
  const { database } = api
  await expect.poll(async () => (await api.get<TaskList>('/v1/tasks')).tasks.length).toBe(1)
  const run = await api.claim()
  await asSystem(database, (db) => appendEvents(db, run, [{ type: 'text', text: 'Hel' }]))
  await expect
    .poll(() => shownIn(api, room))
    .toMatchObject([
      { kind: 'card', isFinal: false, taskId: run.taskId },
      { kind: 'answer', isFinal: false, taskId: run.taskId, text: 'Hel' },
    ])
  await asSystem(database, async (db) => {
    await appendEvents(db, run, [{ type: 'text', text: 'lo.' }])
    await settleTask(db, run, 'completed', { result: { text: 'Hello.', durationMs: 1 } })
  })
  await expect
    .poll(() => shownIn(api, room))
    .toMatchObject([
      { kind: 'card', isFinal: true },
      { kind: 'answer', isFinal: true, text: 'Hello.' },
    ])
  expect((await read(api, room)).messages[0]).toMatchObject({ verdict: 'task', taskId: run.taskId })
})

test('a question is answered by one of its choices; then nobody asks any more', async () => {
  await using api = await openTestApi()
  await using _ = await startConsole(api)
  const { room } = await openRoom(api)
  const task = await api.post<Task>('/v1/tasks', { prompt: 'x', conversationId: room })
  const run = await api.claim()
  const choices = [
    { id: 'allow', label: 'Allow once', effect: 'allow_once' },
    { id: 'deny', label: 'Deny', effect: 'deny' },
  ]
  const question = { kind: 'permission' as const, title: 'Delete it?', choices, freeText: false }
  await asSystem(api.database, async (db) => {
    await parkTask(db, run, 'input')
    await ask(db, { ...question, orgId: run.orgId, conversationId: room, taskId: task.id })
  })
  const asking = async () => (await shownIn(api, room)).find(({ kind, messageId }) => kind === 'question' && messageId)
  await expect.poll(asking).toBeDefined()
  const shown = await asking()
  expect(shown?.question).toEqual({
    id: expect.stringMatching(/^que_/),
    kind: 'permission',
    choices: [
      { id: '0', label: 'Allow once' },
      { id: '1', label: 'Deny' },
    ],
    freeText: false,
  })
  // The mark of its buttons is no part of its text.
  expect(shown?.text).toBe('🔐 Delete it?')

  const choose = (questionId: string) =>
    api.ask('POST', `/v1/console/${room}/choices`, { questionId, choiceId: '0' }, { 'idempotency-key': questionId })
  expect(await problemOf(await choose('que_none'))).toEqual([404, 'question-unknown'])
  expect((await choose(shown?.question?.id ?? '')).status).toBe(202)
  await expect.poll(async () => (await asking())?.text).toContain('✔ Allow once (test)')
  expect((await asking())?.question).toBeNull()
  expect((await api.get<Task>(`/v1/tasks/${task.id}`)).status).toBe('pending')
})

test('a room joined in the middle of a conversation shows what goes on in it, and what is said elsewhere', async () => {
  await using api = await openTestApi()
  await using _ = await startConsole(api)
  await registerConsole(api, ['telegram'])
  const { conversationId: id } = await startTask(api)
  const place = { channel: 'telegram', tenant: '', room: '42', thread: '' }
  await asOrg(api.database, DEFAULT_ORG, async (db) => {
    await setConversation(db, await openPlace(db, DEFAULT_ORG, place), String(id))
    await ask(db, {
      orgId: DEFAULT_ORG,
      conversationId: String(id),
      kind: 'offer',
      title: 'Load?',
      choices: [],
      freeText: false,
      action: {},
    })
  })
  const { room } = await open(api, { conversationId: id })
  expect(room).toBe(id)
  await expect
    .poll(async () => (await shownIn(api, room)).map(({ kind, text }) => [kind, text !== '']))
    .toEqual([
      ['card', true],
      ['question', true],
    ])
  // Once more changes nothing.
  await open(api, { conversationId: id })
  expect(await shownIn(api, room)).toHaveLength(2)

  await asSystem(api.database, async (db) => {
    const actor = { id: '7', name: 'Ann', isBot: false }
    const said = { key: 'm1', place, actor, at: '2026-01-01T00:00:00.000Z' }
    await storeSaid(db, DEFAULT_ORG, { ...said, type: 'message', text: 'psst', messageId: '1', isAddressed: true })
    await db.updateTable('inbox').set({ conversation_id: id }).where('key', '=', 'm1').execute()
  })
  expect((await read(api, room)).messages).toContainEqual(
    expect.objectContaining({ by: 'person', name: 'Ann', channel: 'telegram', text: 'psst' }),
  )
})

test('the stream of a room begins with what stands there, and tells each change', async () => {
  await using api = await openTestApi()
  await using _ = await startConsole(api)
  const { room } = await openRoom(api)
  const follow = async function* () {
    const response = await api.ask('GET', `/v1/console/${room}/events`, undefined, { accept: 'text/event-stream' })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    if (!response.body) throw new Error('There is no stream.')
    for await (const { event, data } of readServerEvents(response.body, () => undefined))
      yield { event, data: JSON.parse(data) as unknown }
  }
  const stream = follow()
  expect((await stream.next()).value).toEqual({ event: 'snapshot', data: { conversationId: room, messages: [] } })
  const { id } = await say(api, room, '/getcwd')
  const told: ConsoleMessage[] = []
  for await (const { event, data } of stream) {
    expect(event).toBe('change')
    told.push(...(data as ConsoleMessages).messages)
    if (told.some((message) => message.by === 'drover' && message.isFinal)) break
  }
  expect(told[0]).toMatchObject({ id, by: 'person', text: '/getcwd' })
  expect(told.at(-1)).toMatchObject({ kind: 'text', text: 'Current working directory: /workspace/app' })
  const again = follow()
  const snapshot = (await again.next()).value as { event: string; data: ConsoleMessages }
  expect([snapshot.event, snapshot.data.messages.length]).toEqual(['snapshot', 2])
  await again.return()
})

test('a stream of a quiet room says that it lives', async () => {
  await using api = await openTestApi({ streams: { pollMs: 10, heartbeatMs: 100 } })
  await registerConsole(api)
  const { room } = await open(api)
  const response = await api.ask('GET', `/v1/console/${room}/events`)
  let text = ''
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    text += piece
    if (text.split(': still here').length > 2) break
  }
  expect(text).toMatch(/^retry: 1000\n\nevent: snapshot\ndata: .*\n\n: still here\n\n: still here/)
})

test('a message sent twice with one Idempotency-Key is said once', async () => {
  await using api = await openTestApi()
  await registerConsole(api)
  const { room } = await open(api)
  const send = () => api.ask('POST', `/v1/console/${room}/messages`, { text: 'x' }, { 'idempotency-key': 'k' })
  const [one, two] = [await send(), await send()]
  expect([one.status, two.status]).toEqual([202, 202])
  expect(await two.json()).toEqual(await one.json())
  expect((await api.get<Inbox>('/v1/inbox')).inbox).toHaveLength(1)
})

test('a new room takes the codebase, agent and title that it is given', async () => {
  await using api = await openTestApi()
  await registerConsole(api)
  await api.post('/v1/codebases', { url: '/srv/app' })
  await api.post('/v1/codebases', { url: '/srv/web' })
  // Of two, nobody knows which is meant.
  expect((await open(api)).conversation).toMatchObject({ codebaseId: null, title: 'Conversation' })
  const { conversation } = await open(api, { codebase: 'web', agent: 'aider', title: 'Fix it\nnow' })
  expect(conversation).toMatchObject({ agent: 'aider', title: 'Fix it', branch: expect.stringContaining('/fix-it-') })
  const refusals = [
    [{ codebase: 'none' }, 422, 'no-codebase'],
    [{ agent: 'none' }, 422, 'agent-unknown'],
    [{ conversationId: 'cnv_none' }, 404, 'no-conversation'],
    [{ conversationId: 'cnv_none', agent: 'aider' }, 422, 'invalid-request'],
  ] as const
  for (const [body, status, code] of refusals)
    expect(await problemOf(await api.ask('POST', '/v1/console', body))).toEqual([status, code])
})

test('of a room of another org nothing is seen, said or changed', async () => {
  await using api = await openTestApi()
  await registerConsole(api)
  const { room } = await open(api)
  await say(api, room, 'A secret')
  const path = `/v1/console/${room}`
  const attempts = [
    ['GET', `${path}/messages`],
    ['GET', `${path}/events`],
    ['POST', `${path}/messages`, { text: 'x' }],
    ['POST', `${path}/choices`, { questionId: 'que_x', choiceId: '0' }],
  ] as const
  for (const [method, at, body] of attempts)
    expect(await problemOf(await api.askAsStranger(method, at, body))).toEqual([404, 'room-unknown'])
  // The console is a channel of the first org.
  expect(await problemOf(await api.askAsStranger('POST', '/v1/console', { conversationId: room }))).toEqual([
    422,
    'no-console',
  ])
  expect(await (await api.askAsStranger('GET', '/v1/inbox')).json()).toEqual({ inbox: [] })
  expect(await textsIn(api, room)).toEqual(['person: A secret'])
})
