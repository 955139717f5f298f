import { expect, test } from 'vitest'
import { BUILT_IN_PROFILES, readProfiles } from './profiles.ts'
import { DRIVERS } from './registry.ts'

const BUILT_IN = ['scripted', 'claude', 'codex', 'gemini', 'opencode', 'aider', 'claude-acp', 'codex-acp']

test('an empty file leaves the built-in agents', () => {
  expect(readProfiles({}).map(({ name }) => name)).toEqual(BUILT_IN)
})

test('a profile of one’s own has defaults, and comes before the built-in ones', () => {
  const [mine] = readProfiles({ mine: { driver: 'acp', command: ['mine', '--acp'], limits: { wallMinutes: 5 } } })
  expect(mine).toEqual({
    name: 'mine',
    title: 'mine',
    driver: 'acp',
    command: ['mine', '--acp'],
    env: [],
    network: [],
    mcpServers: [],
    workerType: 'general',
    autonomy: 'ask',
    limits: { wallMs: 300_000, stallMs: 600_000, outputBytes: 2_097_152 },
  })
})

test('a profile of one’s own with a vendor’s driver needs to say only what is different', () => {
  const [reviewer] = readProfiles({ reviewer: { driver: 'codex', autonomy: 'edits', network: ['mcp.example.com'] } })
  expect(reviewer).toMatchObject({
    command: [],
    gateway: { vendor: 'openai', url: 'OPENAI_BASE_URL', key: 'OPENAI_API_KEY' },
    env: ['CODEX_ID_TOKEN', 'CODEX_ACCESS_TOKEN', 'CODEX_REFRESH_TOKEN', 'CODEX_ACCOUNT_ID'],
    network: ['api.openai.com', 'chatgpt.com', 'auth.openai.com', 'mcp.example.com'],
  })
})

test('every driver can be named, and every built-in agent has one', () => {
  for (const driver of Object.keys(DRIVERS)) {
    expect(() => readProfiles({ mine: { driver, command: ['mine'] } })).not.toThrow()
  }
  for (const { driver } of BUILT_IN_PROFILES) expect(Object.keys(DRIVERS)).toContain(driver)
})

test('a vendor’s key never goes to its agent itself', () => {
  const showing = BUILT_IN_PROFILES.filter(({ gateway, env }) => gateway && env.includes(gateway.key))
  expect(showing).toEqual([])
})

test('without a fence the built-in agents ask before they run a command', () => {
  const autonomies = (fenced: boolean) =>
    Object.fromEntries(readProfiles({}, { fenced }).map(({ name, autonomy }) => [name, autonomy]))
  expect(autonomies(true)).toMatchObject({ claude: 'full', codex: 'full', gemini: 'full', aider: 'full' })
  expect(autonomies(false)).toMatchObject({ claude: 'edits', codex: 'edits', gemini: 'edits', aider: 'full' })
})

test('a built-in profile can be replaced', () => {
  const profiles = readProfiles({ aider: { driver: 'aider', command: ['aider'], model: 'sonnet' } })
  expect(profiles.map(({ name }) => name)).toEqual(['aider', ...BUILT_IN.filter((name) => name !== 'aider')])
  expect(profiles[0]).toMatchObject({ model: 'sonnet' })
})

test('all mistakes are told at once, and where they are', () => {
  const json = {
    'My Agent': { driver: 'acp', command: ['x'] },
    one: { driver: 'magic', command: ['x'] },
    two: { driver: 'cli', env: ['A=B'], limits: { wallMinutes: 0 }, colour: 'red' },
  }
  expect(() => readProfiles(json)).toThrow(expect.objectContaining({ name: 'UserError', code: 'agents-file' }))
  for (const where of ['My Agent', 'one.driver', 'two.command', 'two.env.0', 'two.limits.wallMinutes', 'colour']) {
    expect(() => readProfiles(json)).toThrow(where)
  }
})

test.each([[null], ['x'], [[]]])('%j is no agents file', (json) => {
  expect(() => readProfiles(json)).toThrow('the file: ')
})
