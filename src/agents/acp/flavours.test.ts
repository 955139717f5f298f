import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { plainLaunch } from '../../../test/fakes/plain-launch.ts'
import type { AgentProfile, SessionSpec } from '../driver.ts'
import { BUILT_IN_PROFILES } from '../profiles.ts'
import type { AcpFlavour } from './flavour.ts'
import { claudeOverAcp, GEMINI, OPENCODE } from './flavours.ts'

async function environmentOf(flavour: AcpFlavour, state: string, env = {}, profile: Partial<AgentProfile> = {}) {
  const spec: SessionSpec = {
    profile: { ...BUILT_IN_PROFILES[0]!, ...profile },
    runId: 'run',
    launch: (command) => plainLaunch({ ...command, cwd: tmpdir() }),
    paths: { workspace: '/workspace', home: '/home/agent', state },
    env,
    mcpServers: [],
  }
  return (await flavour.environment?.(spec, [])) ?? {}
}

test('each keeps its sessions in the state folder, beside those of others', async () => {
  const claude = await environmentOf(
    claudeOverAcp([], () => undefined),
    '/state',
  )
  expect(claude.CLAUDE_CONFIG_DIR).toBe('/state/claude')
  expect((await environmentOf(OPENCODE, '/state')).XDG_DATA_HOME).toBe('/state/opencode')
})

test('Gemini finds its settings where it looks for them, and tries three times', async () => {
  const state = mkdtempSync(join(tmpdir(), 'drover-gemini-'))
  try {
    const env = await environmentOf(GEMINI, state, { GEMINI_API_KEY: 'k' }, { model: 'gemini-2.5-pro' })
    expect(env).toMatchObject({
      GEMINI_API_KEY: 'k',
      GEMINI_CLI_HOME: `${state}/gemini`,
      GEMINI_MODEL: 'gemini-2.5-pro',
    })
    const settings = JSON.parse(readFileSync(`${state}/gemini/.gemini/settings.json`, 'utf8'))
    expect(settings).toMatchObject({ general: { maxAttempts: 3 } })
  } finally {
    rmSync(state, { recursive: true })
  }
})

test('opencode is told its model, where it is, and what it may do', async () => {
  const configOf = async (env: Record<string, string>, profile: Partial<AgentProfile>) =>
    JSON.parse((await environmentOf(OPENCODE, '/state', env, profile)).OPENCODE_CONFIG_CONTENT ?? '')
  const env = { ANTHROPIC_BASE_URL: 'http://door/model/anthropic', OPENAI_BASE_URL: 'http://door/model/openai/v1' }
  expect(await configOf(env, { model: 'anthropic/opus', autonomy: 'edits' })).toMatchObject({
    model: 'anthropic/opus',
    permission: { edit: 'allow', bash: 'ask' },
    provider: {
      anthropic: { options: { baseURL: 'http://door/model/anthropic/v1' } },
      openai: { options: { baseURL: 'http://door/model/openai/v1' } },
    },
  })
  expect(await configOf({}, { autonomy: 'readonly' })).toMatchObject({ permission: { edit: 'deny', bash: 'deny' } })
  expect(await configOf({}, { autonomy: 'full' })).not.toHaveProperty('model')
})
