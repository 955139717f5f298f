import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { plainLaunch } from '../../../test/fakes/plain-launch.ts'
import { openStandIn } from './stand-in.ts'

const THREAD = '01a1ff0f-8912-74c3-aef9-bb4bc343aac3'
const TOKENS = { CODEX_ID_TOKEN: 'id.jwt', CODEX_ACCESS_TOKEN: 'access.jwt', CODEX_REFRESH_TOKEN: 'refresh-1' }

test('a turn with all that Codex does', async () => {
  using codex = openStandIn(plainLaunch)
  const { events, outcome } = await codex.turn({ recording: 'work' })
  const tools = events.filter((event) => event.type === 'tool')
  expect(events[0]).toMatchObject({ type: 'session', resume: expect.stringMatching(/^[0-9a-f-]{36}~0\.0\.0\.0\.0$/) })
  expect(events).toContainEqual({ type: 'thought', text: '**Planning**\n\nI write the files first.' })
  expect(tools.map(({ kind, title, state, files, output }) => ({ kind, title, state, files, output }))).toMatchObject([
    { kind: 'execute', title: expect.stringMatching(/^printf /), state: 'running' },
    { kind: 'execute', state: 'done', output: 'ready\n' },
    { kind: 'edit', title: 'Edit del.txt, src/new.txt, up.txt', state: 'running' },
    {
      kind: 'edit',
      state: 'done',
      files: [
        { path: 'del.txt', change: 'delete' },
        { path: 'src/new.txt', change: 'add' },
        { path: 'up.txt', change: 'update' },
      ],
    },
    { kind: 'execute', title: "grep -c 'no such' up.txt", state: 'running' },
    { kind: 'execute', state: 'failed', output: '0\n' },
    { kind: 'mcp', title: 'pinger: ping_it', state: 'running' },
    { kind: 'mcp', state: 'done', output: 'pong abc http' },
  ])
  const plans = events.filter((event) => event.type === 'plan').map(({ items }) => items.map(({ state }) => state))
  expect(plans).toEqual([
    ['active', 'pending'],
    ['done', 'done'],
    ['done', 'done'],
  ])
  expect(outcome).toMatchObject({
    status: 'done',
    text: 'I begin.\n\nAll files are written and checked.',
    resume: expect.stringMatching(/~8400\.1400\.700\.420\.280$/),
    // What came from the cache is not input once more.
    spend: { inputTokens: 6300, cacheReadTokens: 1400, cacheWriteTokens: 700, outputTokens: 420, usd: null },
  })
  expect(codex.seen('stdin')).toEqual(['Do it.'])
})

test('a turn is billed what it added to its thread, and the tools of two turns are not the same', async () => {
  using codex = openStandIn(plainLaunch)
  const resume = `${THREAD}~1200.200.100.60.40`
  const { outcome } = await codex.turn({ recording: 'second-turn', spec: { resume } })
  expect(outcome.spend).toMatchObject({ inputTokens: 900, cacheReadTokens: 200, outputTokens: 60, reasoningTokens: 40 })
  expect(outcome.resume).toBe(`${THREAD}~2400.400.200.120.80`)
  expect(codex.seen('args')?.slice(-2)).toEqual(['resume', THREAD])
  const idsOf = async () =>
    (await codex.turn({ recording: 'work' })).events.flatMap((e) => (e.type === 'tool' ? e.id : []))
  const [first, second] = [await idsOf(), await idsOf()]
  expect(first.filter((id) => second.includes(id))).toEqual([])
})

test.each([
  ['refused-key', { why: 'auth' }],
  ['usage-limit', { why: 'quota', until: new Date(2026, 10, 24, 19, 2).toISOString() }],
  ['context-window', { why: 'session_broken' }],
  ['refused-request', { why: 'session_broken', detail: 'No tool output found for function call call_abc.' }],
])('the recording “%s” fails as %j', async (recording, failure) => {
  using codex = openStandIn(plainLaunch)
  expect((await codex.turn({ recording })).outcome).toMatchObject({ status: 'failed', ...failure })
})

test('that it tries again is told, and is not why it failed', async () => {
  using codex = openStandIn(plainLaunch)
  const { events } = await codex.turn({ recording: 'refused-key' })
  const notices = events.filter((event) => event.type === 'notice')
  expect(notices.length).toBeGreaterThan(0)
  expect(notices.every(({ code }) => code === 'retry')).toBe(true)
})

test('a session that is none, that is gone, or that Codex exchanges for another, is lost', async () => {
  using codex = openStandIn(plainLaunch)
  const lost = { status: 'failed', why: 'session_lost' }
  // Codex would take it for a name, and begin a new thread.
  expect((await codex.turn({ recording: 'work', spec: { resume: 'no-uuid' } })).outcome).toMatchObject(lost)
  expect(codex.seen('args')).toBeUndefined()
  const gone = 'echo "Error: thread/resume failed: no rollout found for thread id 0" >&2; exit 1'
  expect((await codex.turn({ script: gone, spec: { resume: THREAD } })).outcome).toMatchObject(lost)
  expect((await codex.turn({ recording: 'work', spec: { resume: THREAD } })).outcome).toMatchObject(lost)
})

test('pictures are named behind everything else, in a first turn and in a later one', async () => {
  using codex = openStandIn(plainLaunch)
  const pictures = ['a.png', 'b.jpg'].map((name) => ({
    path: `/home/agent/${name}`,
    mediaType: 'image/png',
    content: Buffer.from('pixels'),
  }))
  const last = ['--image', '/home/agent/a.png', '--image', '/home/agent/b.jpg']
  await codex.turn({ recording: 'work', pictures })
  expect(codex.seen('args')?.slice(-4)).toEqual(last)
  await codex.turn({ recording: 'second-turn', pictures, spec: { resume: THREAD } })
  expect(codex.seen('args')?.slice(-6)).toEqual(['resume', THREAD, ...last])
  expect(codex.seen('stdin')).toEqual(['Do it.'])
})

test('its arguments are no secret: keys, headers and variables of servers go by environment', async () => {
  using codex = openStandIn(plainLaunch)
  await codex.turn({
    recording: 'work',
    spec: {
      env: { PATH: '/usr/bin:/bin', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1', OPENAI_API_KEY: 'key-secret' },
      mcpServers: [
        { name: 'drover', url: 'http://127.0.0.1:9/mcp', headers: { Authorization: 'Bearer token-secret' } },
        { name: 'local', command: ['server', '--stdio'], env: { DATABASE_URL: 'variable-secret' } },
      ],
    },
  })
  const args = codex.seen('args')?.join('\n') ?? ''
  expect(args).not.toContain('secret')
  expect(args).toContain('"base_url" = "http://127.0.0.1:9/v1", "env_key" = "OPENAI_API_KEY"')
  expect(args).toContain('"env_http_headers" = {"Authorization" = "DROVER_MCP_0_0"}')
  expect(args).toContain('export DATABASE_URL=\\"$DROVER_MCP_1_0\\"; exec')
  expect(args).toContain('"exclude" = ["CODEX_ID_TOKEN"')
  expect(codex.seen('env')).toEqual(
    expect.arrayContaining([
      'DROVER_MCP_0_0=Bearer token-secret',
      'DROVER_MCP_1_0=variable-secret',
      'OPENAI_API_KEY=key-secret',
      `CODEX_HOME=${codex.paths.state}/codex`,
    ]),
  )
})

test('the login of a subscription lies in its private folder, and is not written over what Codex made of it', async () => {
  using codex = openStandIn(plainLaunch)
  const file = join(codex.paths.state, 'codex/auth.json')
  const turn = (env: Record<string, string>) =>
    codex.turn({ recording: 'work', spec: { env: { PATH: '/usr/bin:/bin', ...env } } })
  await turn(TOKENS)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ tokens: { refresh_token: 'refresh-1' } })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(codex.seen('env')?.filter((each) => each.includes('jwt'))).toEqual([])
  expect(codex.seen('args')?.join()).toContain('"requires_openai_auth" = true')

  writeFileSync(file, 'refreshed by Codex')
  await turn(TOKENS)
  expect(readFileSync(file, 'utf8')).toBe('refreshed by Codex')
  await turn({ ...TOKENS, CODEX_REFRESH_TOKEN: 'refresh-2' })
  expect(readFileSync(file, 'utf8')).toContain('refresh-2')
  await turn({ ...TOKENS, OPENAI_API_KEY: 'x' })
  expect(existsSync(file)).toBe(false)
})

const NO_NAMESPACES = 'echo "bwrap: Creating new namespace failed" >&2; exit 1'

test.each([
  ['full', NO_NAMESPACES, 'danger-full-access'],
  ['edits', 'exit 0', 'workspace-write'],
  ['ask', 'exit 0', 'workspace-write'],
  ['readonly', 'exit 0', 'read-only'],
  // Inside of Drover's fence.
  ['edits', NO_NAMESPACES, 'danger-full-access'],
  ['ask', NO_NAMESPACES, 'danger-full-access'],
  // Whatever else went wrong is no reason to let it loose.
  ['edits', 'echo "error: unrecognized subcommand" >&2; exit 2', 'workspace-write'],
] as const)('for %s where its own sandbox does “%s”, it gets %s', async (autonomy, sandbox, mode) => {
  using codex = openStandIn(plainLaunch)
  const { outcome } = await codex.turn({ recording: 'work', sandbox, profile: { autonomy } })
  expect(outcome.status).toBe('done')
  expect(codex.seen('args')).toContain(`sandbox_mode="${mode}"`)
})

test('what should only read does not work where nothing holds it to that', async () => {
  using codex = openStandIn(plainLaunch)
  const profile = { autonomy: 'readonly' } as const
  const { outcome } = await codex.turn({ recording: 'work', sandbox: NO_NAMESPACES, profile })
  expect(outcome).toMatchObject({ status: 'failed', why: 'invalid_request' })
  expect(codex.seen('args')).toBeUndefined()
})

test('a program that is not there, and one that dies', async () => {
  using codex = openStandIn(plainLaunch)
  expect((await codex.turn({ script: 'kill -KILL $$' })).outcome).toMatchObject({ status: 'failed', why: 'crashed' })
  expect((await codex.turn({ script: 'exit 127' })).outcome).toMatchObject({ status: 'failed', why: 'not_installed' })
})
