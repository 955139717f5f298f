import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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

test('on a bare machine there is the scripted agent, and each of the others says how to be installed', async () => {
  using machine = openMachine({})
  const { detected, byName } = await detect(machine.env)
  expect(detected.every(({ source }) => source === 'built-in')).toBe(true)
  expect(byName.scripted?.probe).toMatchObject({ installed: true, auth: 'not_needed' })
  for (const name of ['claude', 'codex', 'codex-acp', 'gemini', 'opencode', 'aider']) {
    expect(byName[name]?.probe).toMatchObject({ installed: false, hint: expect.stringContaining('nstall') })
  }
  expect(pickAgent(detected)).toMatchObject({
    name: 'scripted',
    reason: expect.stringContaining('No agent with a model'),
  })
})

const ALL = { codex: 'echo "codex-cli 0.169.0"', gemini: '', opencode: '', aider: '' }

test('of those that have a key the best one is taken', async () => {
  using machine = openMachine(ALL)
  const pick = async (keys: Record<string, string>) =>
    pickAgent((await detect({ ...machine.env, ...keys })).detected).name
  expect(await pick({ OPENAI_API_KEY: 'x', GEMINI_API_KEY: 'x' })).toBe('codex')
  expect(await pick({ GEMINI_API_KEY: 'x' })).toBe('gemini')
  expect(await pick({ OPENROUTER_API_KEY: 'x' })).toBe('aider')
  expect(await pick({ OPENAI_API_KEY: '' })).toBe('scripted')
})

test('the tokens of a subscription are as good as a key, all of them together', async () => {
  using machine = openMachine(ALL)
  const tokens = { CODEX_ID_TOKEN: 'a', CODEX_ACCESS_TOKEN: 'b', CODEX_REFRESH_TOKEN: 'c' }
  const { byName, detected } = await detect({ ...machine.env, ...tokens })
  expect(byName.codex?.probe).toMatchObject({ version: '0.169.0', auth: 'ok' })
  expect(pickAgent(detected)).toEqual({ name: 'codex', reason: 'Codex is installed and has a key.' })
  const { byName: without } = await detect({ ...machine.env, CODEX_ID_TOKEN: 'a' })
  expect(without.codex?.probe.auth).toBe('missing')
})

test('a login in the person’s own home is told, with the way out, and nothing else of ours is shown to whom we ask', async () => {
  using machine = openMachine({
    codex: 'case "$1" in --version) echo "codex-cli 0.169.0";; login) env > "$HOME/seen"; exit 0;; esac',
  })
  const { byName, detected } = await detect({ ...machine.env, GITHUB_TOKEN: 'ghp_secret' })
  expect(byName.codex?.probe).toMatchObject({ installed: true, auth: 'missing' })
  expect(byName.codex?.probe.hint).toContain('in your own home, which agents do not see')
  expect(byName.codex?.probe.hint).toContain('CODEX_REFRESH_TOKEN')
  expect(pickAgent(detected).reason).toContain('Codex is almost there. It is logged in, but in your own home')
  const seen = readFileSync(join(machine.home, 'seen'), 'utf8')
  expect(seen).toContain(`HOME=${machine.home}`)
  expect(seen).not.toContain('ghp_secret')
})

test('gemini and opencode are known by the existence of a file, and are not started', async () => {
  using machine = openMachine({ gemini: 'touch "$HOME/started"', opencode: 'touch "$HOME/started"' })
  mkdirSync(join(machine.home, '.gemini'))
  writeFileSync(join(machine.home, '.gemini', 'oauth_creds.json'), 'never read', { mode: 0o000 })
  const { byName } = await detect(machine.env)
  expect(byName.gemini?.probe).toMatchObject({ auth: 'missing', hint: expect.stringContaining('in your own home') })
  expect(byName.opencode?.probe).toMatchObject({ auth: 'missing', hint: expect.stringContaining('OPENAI_API_KEY') })
  expect(existsSync(join(machine.home, 'started'))).toBe(false)
})

test('a vendor’s command that hangs does not hold anybody up', async () => {
  using machine = openMachine({ codex: 'exec sleep 60' })
  const { byName } = await detect(machine.env)
  expect(byName.codex?.probe).toMatchObject({ installed: true, auth: 'missing' })
})

test('a profile of one’s own that has its key comes before the built-in ones', async () => {
  using machine = openMachine({ ...ALL, mine: '' })
  const env = { ...machine.env, OPENAI_API_KEY: 'x', MY_KEY: 'x' }
  const json = { mine: { driver: 'acp', command: ['mine'], env: ['MY_KEY'] } }
  expect(pickAgent((await detect(env, json)).detected).name).toBe('mine')
  const { detected, byName } = await detect({ ...env, MY_KEY: '' }, json)
  expect(byName.mine).toMatchObject({ source: 'agents.json', probe: { auth: 'missing' } })
  expect(byName.mine?.probe.hint).toContain('MY_KEY')
  expect(pickAgent(detected).name).toBe('codex')
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
