import type { AgentApp } from '@agentclientprotocol/sdk'
import { agent, PROTOCOL_VERSION, RequestError } from '@agentclientprotocol/sdk'
import { expect, test } from 'vitest'
import { createPoliteAgent, launchInMemory, saying } from '../../../test/fakes/in-memory-agent.ts'
import { cannotSee } from '../driver.ts'
import type { AgentEvent, AgentProfile, Ask, Host, McpServer, Reply, TurnPicture } from '../driver.ts'
import { BUILT_IN_PROFILES } from '../profiles.ts'
import type { AcpFlavour } from './flavour.ts'
import { openAcpSession } from './session.ts'

const PROFILE: AgentProfile = { ...BUILT_IN_PROFILES[0]!, name: 'polite', driver: 'acp', command: ['polite'] }
const LIMITS = { wallMs: 30_000, stallMs: 30_000, outputBytes: 1e6 }

interface Setting {
  profile?: Partial<AgentProfile>
  flavour?: AcpFlavour
  mcpServers?: readonly McpServer[]
  resume?: string
  reply?: Reply | Promise<Reply>
}

function open(app: AgentApp, { profile, flavour, mcpServers = [], resume, reply = 'park' }: Setting = {}) {
  const questions: Ask[] = []
  const host: Host = {
    async ask(question) {
      questions.push(question)
      return reply
    },
  }
  const session = openAcpSession(
    {
      profile: { ...PROFILE, ...profile },
      runId: 'test',
      launch: launchInMemory(app),
      mcpServers,
      paths: { workspace: '/workspace', home: '/home/agent', state: '/state' },
      env: {},
      ...(resume !== undefined && { resume }),
    },
    host,
    { ...flavour, command: ['polite'] },
  )
  const run = async (prompt: string, pictures?: TurnPicture[]) => {
    const turn = session.turn(prompt, LIMITS, pictures)
    const events: AgentEvent[] = []
    for await (const event of turn) events.push(event)
    return { events, outcome: await turn.outcome }
  }
  return { session, run, questions }
}

test('pictures go with the words to an agent that takes them; for another there is a word to the person', async () => {
  const picture = { path: '/home/agent/a.png', mediaType: 'image/png', content: Buffer.from('pixels') }
  const heard: unknown[] = []
  const app = (image: boolean) =>
    createPoliteAgent({ promptCapabilities: { image } }).onRequest('session/prompt', ({ params }) => {
      heard.push(params.prompt)
      return { stopReason: 'end_turn' }
    })
  const text = { type: 'text', text: 'Look' }
  const seeing = await open(app(true)).run('Look', [picture])
  const blind = await open(app(false)).run('Look', [picture])
  expect(heard).toEqual([[text, { type: 'image', mimeType: 'image/png', data: 'cGl4ZWxz' }], [text]])
  expect(seeing.events.map(({ type }) => type)).toEqual(['session'])
  expect(blind.events).toContainEqual(expect.objectContaining({ type: 'notice', text: cannotSee(PROFILE) }))
})

test('history that session/load replays is not told again', async () => {
  const app = createPoliteAgent({ loadSession: true })
    .onRequest('session/load', async ({ client, params }) => {
      await client.notify('session/update', { sessionId: params.sessionId, update: saying('something old') })
      return {}
    })
    .onRequest('session/prompt', async ({ client, params }) => {
      await client.notify('session/update', { sessionId: params.sessionId, update: saying('something new') })
      return { stopReason: 'end_turn' }
    })
  const { outcome } = await open(app, { resume: 'session-9' }).run('go on')
  expect(outcome).toMatchObject({ status: 'done', text: 'something new', resume: 'session-9' })
})

test('whatever error a resume brings, the session is lost', async () => {
  const app = createPoliteAgent({ loadSession: true }).onRequest('session/load', () => {
    throw new RequestError(-32603, 'OpenCode service failure')
  })
  const { outcome } = await open(app, { resume: 'session-9' }).run('go on')
  expect(outcome).toMatchObject({ status: 'failed', why: 'session_lost' })
})

test('an agent that cannot resume at all has lost the session too', async () => {
  const { outcome } = await open(createPoliteAgent(), { resume: 'session-9' }).run('go on')
  expect(outcome).toMatchObject({ status: 'failed', why: 'session_lost' })
})

test('a tool that is first seen in a permission request is shown, and the no is chosen by its kind', async () => {
  let chosen: unknown
  const app = createPoliteAgent().onRequest('session/prompt', async ({ client, params }) => {
    const { outcome } = await client.request('session/request_permission', {
      sessionId: params.sessionId,
      toolCall: { toolCallId: 'tool-1', title: 'rm -rf /', kind: 'execute' },
      options: [
        { optionId: 'proceed', name: 'Yes', kind: 'allow_once' },
        { optionId: 'cancel', name: 'No', kind: 'reject_once' },
      ],
    })
    chosen = outcome
    return { stopReason: 'end_turn' }
  })
  const { events } = await open(app, { reply: { text: 'better not' } }).run('tidy up')
  expect(chosen).toEqual({ outcome: 'selected', optionId: 'cancel' })
  const states = events.flatMap((event) => (event.type === 'tool' ? [event.state] : []))
  expect(states).toEqual(['proposed', 'denied'])
})

test('a cancel answers the open permission request, sends session/cancel and closes the session', async () => {
  const heard: string[] = []
  let isAsked = () => {}
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve
  })
  const app = createPoliteAgent({ sessionCapabilities: { close: {} } })
    .onNotification('session/cancel', () => void heard.push('session/cancel'))
    .onRequest('session/close', () => {
      heard.push('session/close')
      return {}
    })
    .onRequest('session/prompt', async ({ client, params }) => {
      const asking = client.request('session/request_permission', {
        sessionId: params.sessionId,
        toolCall: { toolCallId: 'tool-1', title: 'write', kind: 'edit' },
        options: [{ optionId: 'yes', name: 'Yes', kind: 'allow_once' }],
      })
      isAsked()
      const { outcome } = await asking
      heard.push(`permission ${outcome.outcome}`)
      return { stopReason: 'cancelled' }
    })
  const { session } = open(app, { reply: new Promise(() => {}) })
  const turn = session.turn('write', LIMITS)
  await asked
  turn.cancel()
  expect((await turn.outcome).status).toBe('cancelled')
  expect(heard.toSorted()).toEqual(['permission cancelled', 'session/cancel', 'session/close'])
})

test('an error that Codex tells as its answer is a failure', async () => {
  const app = createPoliteAgent().onRequest('session/prompt', async ({ client, params }) => {
    const text = '{"type":"error","status":400,"error":{"type":"invalid_request_error","message":"no such model"}}'
    await client.notify('session/update', { sessionId: params.sessionId, update: saying(text) })
    return { stopReason: 'end_turn' }
  })
  const { outcome } = await open(app).run('hello')
  expect(outcome).toMatchObject({ status: 'failed', why: 'invalid_request', detail: 'no such model' })
})

test('an error that Codex tells beside a normal end is a failure, and says when its limit is lifted', async () => {
  const title = 'You’ve hit your usage limit. Try again at noon.'
  const sessionFailure = { severity: 'error', category: 'limit', title }
  const app = createPoliteAgent().onRequest('session/prompt', () => ({
    stopReason: 'end_turn',
    _meta: { jetbrains: { air: { version: 1, sessionFailure } } },
  }))
  const readUntil = (words: string) => (words.includes('noon') ? '2026-11-21T12:00:00.000Z' : undefined)
  const { outcome } = await open(app, { flavour: { readUntil } }).run('hello')
  expect(outcome).toMatchObject({ status: 'failed', why: 'quota', detail: title, until: '2026-11-21T12:00:00.000Z' })
})

test.each([
  [new RequestError(-32000, 'Authentication required'), 'auth'],
  [new RequestError(-32000, 'Too many requests'), 'rate_limit'],
  [new RequestError(500, 'Internal error'), 'overloaded'],
  [new RequestError(429, 'You have exhausted your daily quota on this model.'), 'quota'],
  [
    new RequestError(-32603, 'Internal error', { details: 'prompt is too long: 210000 tokens > 200000' }),
    'session_broken',
  ],
])('%s is %s', async (error, why) => {
  const app = createPoliteAgent().onRequest('session/prompt', () => {
    throw error
  })
  expect((await open(app).run('hello')).outcome).toMatchObject({ status: 'failed', why })
})

test('MCP servers go with the session, in the protocol’s shape; those over HTTP only to an agent that takes them', async () => {
  const servers = [
    { name: 'far', url: 'http://127.0.0.1/mcp', headers: { Authorization: 'Bearer t' } },
    { name: 'near', command: ['server', '--stdio'], env: { KEY: 'k' } },
  ]
  const heard: unknown[] = []
  const agentWith = (http: boolean) =>
    agent({ name: 'polite' })
      .onRequest('initialize', () => ({
        protocolVersion: PROTOCOL_VERSION,
        agentCapabilities: { mcpCapabilities: { http, sse: false } },
      }))
      .onRequest('session/new', ({ params }) => {
        heard.push(params.mcpServers)
        return { sessionId: 'session-1' }
      })
      .onRequest('session/prompt', () => ({ stopReason: 'end_turn' }))
  const near = { name: 'near', command: 'server', args: ['--stdio'], env: [{ name: 'KEY', value: 'k' }] }
  const headers = [{ name: 'Authorization', value: 'Bearer t' }]
  await open(agentWith(true), { mcpServers: servers }).run('hello')
  const { events } = await open(agentWith(false), { mcpServers: servers }).run('hello')
  expect(heard).toEqual([[{ type: 'http', name: 'far', url: 'http://127.0.0.1/mcp', headers }, near], [near]])
  expect(events).toContainEqual(expect.objectContaining({ type: 'notice', text: expect.stringContaining('“far”') }))
})

test('an agent whose sessions cannot be trusted gets a new one, whatever it had before', async () => {
  const app = createPoliteAgent({ loadSession: true }).onRequest('session/prompt', () => ({ stopReason: 'end_turn' }))
  const flavour = { capabilities: { resume: false } }
  const { outcome } = await open(app, { flavour, resume: 'session-9' }).run('go on')
  expect(outcome).toMatchObject({ status: 'done', resume: expect.not.stringContaining('session-9') })
})

test('an HTTP status in place of a JSON-RPC code is understood', async () => {
  const app = createPoliteAgent().onRequest('session/prompt', () => {
    throw new RequestError(401, 'refused')
  })
  const { outcome } = await open(app).run('hello')
  expect(outcome).toMatchObject({ status: 'failed', why: 'auth' })
})

test('the cost of a session is split into its turns, over a restart too', async () => {
  let cost = 0
  const app = createPoliteAgent({ sessionCapabilities: { resume: {} } })
    .onRequest('session/resume', () => ({}))
    .onRequest('session/prompt', async ({ client, params }) => {
      cost += 0.5
      await client.notify('session/update', {
        sessionId: params.sessionId,
        update: { sessionUpdate: 'usage_update', used: 1, size: 2, cost: { amount: cost, currency: 'USD' } },
      })
      return { stopReason: 'end_turn', usage: { inputTokens: 100, outputTokens: 20, totalTokens: 120 } }
    })
  const first = await open(app).run('one')
  expect(first.outcome.spend).toMatchObject({ usd: 0.5, basis: 'agent', inputTokens: 100, outputTokens: 20 })
  const second = await open(app, { resume: first.outcome.resume! }).run('two')
  expect(second.outcome.spend).toMatchObject({ usd: 0.5, basis: 'agent' })
})

test('the profile’s autonomy, model and instructions reach the agent; instructions once', async () => {
  const heard: unknown[] = []
  const app = createPoliteAgent(
    {},
    {
      modes: {
        currentModeId: 'default',
        availableModes: ['default', 'plan', 'acceptEdits'].map((id) => ({ id, name: id })),
      },
      configOptions: [
        { id: 'model', name: 'Model', category: 'model', type: 'select', currentValue: 'small', options: [] },
      ],
    },
  )
    .onRequest('session/set_mode', ({ params }) => {
      heard.push(params.modeId)
      return {}
    })
    .onRequest('session/set_config_option', ({ params }) => {
      heard.push([params.configId, params.value])
      return { configOptions: [] }
    })
    .onRequest('session/prompt', ({ params }) => {
      heard.push(params.prompt[0])
      return { stopReason: 'end_turn' }
    })
  const profile = { autonomy: 'edits', model: 'large', instructions: 'Be brief.' } as const
  const { run } = open(app, { profile })
  await run('one')
  await run('two')
  expect(heard).toEqual([
    'acceptEdits',
    ['model', 'large'],
    { type: 'text', text: 'Be brief.\n\none' },
    { type: 'text', text: 'two' },
  ])
})

test('an agent that refuses the mode in which it asks is not let loose', async () => {
  const app = createPoliteAgent(
    {},
    {
      modes: { currentModeId: 'yolo', availableModes: [{ id: 'default', name: 'Ask' }] },
    },
  ).onRequest('session/set_mode', () => {
    throw new RequestError(-32603, 'not now')
  })
  const { outcome } = await open(app, { profile: { autonomy: 'ask' } }).run('hello')
  expect(outcome).toMatchObject({ status: 'failed', detail: expect.stringContaining('not now') })
})

test('an agent that takes no model says so', async () => {
  const app = createPoliteAgent().onRequest('session/prompt', () => ({ stopReason: 'end_turn' }))
  const { events } = await open(app, { profile: { model: 'large' } }).run('hello')
  expect(events).toContainEqual(expect.objectContaining({ type: 'notice', text: expect.stringContaining('large') }))
})
