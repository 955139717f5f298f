import { expect, test } from 'vitest'
import type { Autonomy, SessionSpec } from '../driver.ts'
import { PROFILE } from './fake-sdk.ts'
import { buildOptions } from './options.ts'
import type { CanUseTool } from './sdk.ts'

const nobody: CanUseTool = async () => ({ behavior: 'deny', message: 'no' })
const LIMITS = { wallMs: 1000, stallMs: 1000, outputBytes: 1000 }

function optionsFor(spec: Partial<SessionSpec>, resume?: string) {
  const base: SessionSpec = {
    profile: PROFILE,
    runId: 'test',
    launch: () => {
      throw new Error('Nothing is launched here.')
    },
    paths: { workspace: '/workspace', home: '/home/agent', state: '/state' },
    env: { PATH: '/bin', ANTHROPIC_API_KEY: 'a key' },
    mcpServers: [],
  }
  return buildOptions({ ...base, ...spec }, LIMITS, resume, nobody)
}

test('Claude gets the environment of the session and its own settings, and nothing of ours', () => {
  process.env.DROVER_TEST_SECRET = 'a secret'
  const { env } = optionsFor({})
  expect(env).toMatchObject({ PATH: '/bin', ANTHROPIC_API_KEY: 'a key', CLAUDE_CONFIG_DIR: '/state/claude' })
  const ours = Object.keys(env).filter(
    (name) => !/^(PATH|ANTHROPIC_API_KEY|CLAUDE_\w+|DISABLE_AUTOUPDATER)$/.test(name),
  )
  expect(ours).toEqual([])
})

test.for<[Autonomy, string]>([
  ['readonly', 'default'],
  ['ask', 'default'],
  ['edits', 'acceptEdits'],
  ['full', 'default'],
])('%s: mode %s', ([autonomy, mode]) => {
  expect(optionsFor({ profile: { ...PROFILE, autonomy } }).permissionMode).toBe(mode)
})

test('of a repository’s configuration only its instructions are read', () => {
  expect(optionsFor({})).toMatchObject({
    settingSources: ['project'],
    projectConfigRoot: '/usr',
    strictMcpConfig: true,
  })
})

test('model, instructions and session come from the profile and the token; without them they are left to Claude', () => {
  const profile = { ...PROFILE, model: 'some-model', instructions: 'Be brief.' }
  expect(optionsFor({ profile }, 'session-9')).toMatchObject({
    model: 'some-model',
    systemPrompt: { type: 'preset', preset: 'claude_code', append: 'Be brief.' },
    resume: 'session-9',
  })
  const plain = optionsFor({})
  expect(plain.systemPrompt).toEqual({ type: 'preset', preset: 'claude_code' })
  expect(Object.keys(plain)).not.toEqual(expect.arrayContaining(['model', 'resume', 'maxTurns', 'maxBudgetUsd']))
})

test('MCP servers are always loaded, off the command line, and programs are started in the workspace', () => {
  const { mcpServers, mcpServersDelivery } = optionsFor({
    mcpServers: [
      { name: 'drover', url: 'http://127.0.0.1:3129/mcp', headers: { authorization: 'Bearer x' } },
      { name: 'files', command: ['mcp-files', '--all'], env: { DEPTH: '3' } },
    ],
  })
  expect(mcpServersDelivery).toBe('initialize')
  expect(mcpServers).toEqual({
    drover: {
      type: 'http',
      url: 'http://127.0.0.1:3129/mcp',
      headers: { authorization: 'Bearer x' },
      alwaysLoad: true,
    },
    files: {
      type: 'stdio',
      command: '/bin/sh',
      args: ['-c', 'cd "$0" && exec "$@"', '/workspace', 'mcp-files', '--all'],
      env: { DEPTH: '3' },
      alwaysLoad: true,
    },
  })
})
