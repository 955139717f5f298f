import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { detectAgents, pickAgent, type DetectedAgent } from './detect.ts'
import { readProfiles } from './profiles.ts'

/** A machine with these programs on its PATH, each a shell script. */
function openMachine(programs: Record<string, string>) {
  const home = mkdtempSync(join(tmpdir(), 'drover-detect-'))
  const bin = join(home, 'bin')
  mkdirSync(bin)
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  const env = { PATH: `${bin}:/usr/bin:/bin`, HOME: home }
  return { home, bin, env, [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }) }
}

async function detect(env: NodeJS.ProcessEnv, json: unknown = {}) {
  const detected = await detectAgents(readProfiles(json), env)
  return { detected, byName: Object.fromEntries(detected.map((agent) => [agent.name, agent])) }
}

test('on a bare machine there is the scripted agent, and aider says how to be installed', async () => {
  using machine = openMachine({})
  const { detected, byName } = await detect(machine.env)
  expect(detected.map(({ name }) => name)).toEqual(['scripted', 'aider'])
  expect(byName.scripted?.probe).toMatchObject({ installed: true, auth: 'not_needed' })
  expect(byName.aider?.probe).toMatchObject({ installed: false, hint: expect.stringContaining('uv tool install') })
  expect(pickAgent(detected)).toMatchObject({
    name: 'scripted',
    reason: expect.stringContaining('No agent with a model'),
  })
})

test('claude and codex are asked by their own status commands, without our secrets', async () => {
  using machine = openMachine({
    claude: 'case "$1" in --version) echo "2.1.329 (Claude Code)";; auth) env > "$HOME/seen"; exit 0;; esac',
    codex: 'case "$1" in --version) echo "codex-cli 0.163.0";; login) exit 1;; esac',
  })
  const { byName } = await detect({ ...machine.env, GITHUB_TOKEN: 'ghp_secret' })
  expect(byName.claude).toMatchObject({ source: 'found', probe: { version: '2.1.329', auth: 'ok' } })
  expect(byName.codex?.probe).toMatchObject({ version: '0.163.0', auth: 'missing' })
  expect(byName.claude?.probe.hint).toContain('"claude": {"driver":"acp","command":["claude-agent-acp"]')
  const seen = await import('node:fs/promises').then(({ readFile }) => readFile(join(machine.home, 'seen'), 'utf8'))
  expect(seen).not.toContain('ghp_secret')
})

test('gemini and opencode are known by the existence of a file, and are not started', async () => {
  using machine = openMachine({ gemini: 'touch "$HOME/started"', opencode: 'touch "$HOME/started"' })
  mkdirSync(join(machine.home, '.gemini'))
  writeFileSync(join(machine.home, '.gemini', 'oauth_creds.json'), 'never read', { mode: 0o000 })
  const { byName, detected } = await detect(machine.env)
  expect(byName.gemini?.probe).toMatchObject({ auth: 'ok', hint: expect.stringContaining('["gemini","--acp"]') })
  expect(byName.opencode?.probe.auth).toBe('missing')
  expect(pickAgent(detected).reason).toContain('Gemini is installed, but has no profile.')
})

test('a vendor’s command that hangs does not hold anybody up', async () => {
  using machine = openMachine({ claude: 'exec sleep 60' })
  const before = performance.now()
  const { byName } = await detect(machine.env)
  expect(byName.claude?.probe).toMatchObject({ installed: true, auth: 'missing' })
  expect(performance.now() - before).toBeLessThan(10_000)
})

test('a profile of one’s own that has its key comes before aider, and aider before the scripted agent', async () => {
  using machine = openMachine({ aider: '', gemini: '' })
  const env = { ...machine.env, OPENAI_API_KEY: 'x', GEMINI_API_KEY: 'x' }
  const json = { gemini: { driver: 'acp', command: ['gemini', '--acp'], env: ['GEMINI_API_KEY'] } }
  expect(pickAgent((await detect(env, json)).detected).name).toBe('gemini')
  expect(pickAgent((await detect(env)).detected).name).toBe('aider')
  const { detected, byName } = await detect({ ...env, GEMINI_API_KEY: '' }, json)
  expect(byName.gemini?.probe).toMatchObject({ auth: 'missing', hint: expect.stringContaining('GEMINI_API_KEY') })
  expect(pickAgent(detected).name).toBe('aider')
})

test('the configured agent is taken even when it cannot be used yet, and its trouble is told', () => {
  const aider: DetectedAgent = {
    name: 'aider',
    title: 'Aider',
    source: 'built-in',
    probe: { installed: false, auth: 'unknown', hint: 'Install it.' },
  }
  expect(pickAgent([aider], 'aider')).toEqual({
    name: 'aider',
    reason: 'Aider is the configured agent. It cannot be used yet: Install it.',
  })
  expect(() => pickAgent([aider], 'nobody')).toThrow('There is no agent “nobody”. There are: aider.')
})
