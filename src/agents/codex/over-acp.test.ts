import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { plainLaunch } from '../../../test/fakes/plain-launch.ts'
import type { AgentProfile } from '../driver.ts'
import { BUILT_IN_PROFILES } from '../profiles.ts'
import { CODEX_OVER_ACP } from './over-acp.ts'

const folder = mkdtempSync(join(tmpdir(), 'drover-codex-acp-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** `sandbox`: what `codex-acp cli sandbox` does. */
function environmentOf(profile: Partial<AgentProfile>, sandbox: string, env: Record<string, string> = {}) {
  const program = join(folder, 'codex-acp')
  writeFileSync(program, `#!/bin/sh\n[ "$1 $2" = "cli sandbox" ] || exit 9\n${sandbox}\n`, { mode: 0o755 })
  return CODEX_OVER_ACP.environment(
    {
      profile: { ...BUILT_IN_PROFILES[0]!, ...profile },
      runId: 'run',
      launch: (command) => plainLaunch({ ...command, cwd: folder }),
      paths: { workspace: '/workspace', home: join(folder, 'home'), state: join(folder, 'state') },
      env: { PATH: '/usr/bin:/bin', ...env },
      mcpServers: [],
    },
    [program],
  )
}

const WORKS = 'exit 0'
const NO_NAMESPACES = 'echo "bwrap: No permissions to create new namespace" >&2; exit 1'

test('its settings hold the model, the instructions and the provider, and no key', async () => {
  const profile = { model: 'gpt-x', instructions: 'Be brief.', autonomy: 'full' } as const
  const env = await environmentOf(profile, WORKS, { OPENAI_API_KEY: 'secret', OPENAI_BASE_URL: 'http://door/v1' })
  expect(env).toMatchObject({ OPENAI_API_KEY: 'secret', CODEX_HOME: join(folder, 'state/codex') })
  expect(env.CODEX_CONFIG).not.toContain('secret')
  expect(JSON.parse(env.CODEX_CONFIG ?? '')).toMatchObject({
    model: 'gpt-x',
    developer_instructions: 'Be brief.',
    model_providers: { drover: { base_url: 'http://door/v1', env_key: 'OPENAI_API_KEY' } },
  })
})

test('the login of a subscription is in its folder before it starts', async () => {
  const tokens = { CODEX_ID_TOKEN: 'a', CODEX_ACCESS_TOKEN: 'b', CODEX_REFRESH_TOKEN: 'c' }
  const env = await environmentOf({ autonomy: 'full' }, WORKS, tokens)
  expect(existsSync(join(folder, 'state/codex/auth.json'))).toBe(true)
  expect(env).not.toHaveProperty('CODEX_REFRESH_TOKEN')
})

test('where its own sandbox cannot start it is told to ask for each command, and does not pretend to read only', async () => {
  const adviceFor = async (autonomy: AgentProfile['autonomy'], sandbox: string) =>
    JSON.parse((await environmentOf({ autonomy }, sandbox)).CODEX_CONFIG ?? '').developer_instructions
  expect(await adviceFor('ask', NO_NAMESPACES)).toContain('require_escalated')
  expect(await adviceFor('ask', WORKS)).toBeUndefined()
  expect(await adviceFor('full', NO_NAMESPACES)).toBeUndefined()
  await expect(environmentOf({ autonomy: 'readonly' }, NO_NAMESPACES)).rejects.toThrow('Invalid request')
})
