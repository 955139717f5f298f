import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createClaudeDriver } from './driver.ts'
import { PROFILE } from './fake-sdk.ts'

const folder = await mkdtemp(join(tmpdir(), 'drover-claude-'))
afterAll(() => rm(folder, { recursive: true, force: true }))
await writeFile(join(folder, 'claude'), '#!/bin/sh\necho "2.1.330 (Claude Code)"\n')
await chmod(join(folder, 'claude'), 0o755)

const profile = { ...PROFILE, command: [], env: ['ANTHROPIC_API_KEY', 'CLAUDE_CODE_OAUTH_TOKEN'] }
const env = { PATH: `${folder}:/usr/bin:/bin` }

test('without the program it says how to get it', async () => {
  const probe = await createClaudeDriver({ hasSdk: () => true }).probe(profile, { PATH: '/nowhere' })
  expect(probe).toMatchObject({ installed: false, hint: expect.stringContaining('@anthropic-ai/claude-code') })
})

test('without the SDK it cannot be used, and says how to get it', async () => {
  const probe = await createClaudeDriver({ hasSdk: () => false }).probe(profile, env)
  expect(probe).toMatchObject({ installed: false, hint: expect.stringContaining('--prefix src/agents/claude') })
})

test('it is logged in by a variable that the profile lets through', async () => {
  const driver = createClaudeDriver({ hasSdk: () => true })
  expect(await driver.probe(profile, env)).toMatchObject({
    installed: true,
    version: '2.1.330',
    path: join(folder, 'claude'),
    auth: 'missing',
    hint: expect.stringContaining('Set ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN'),
  })
  const key = { ...env, ANTHROPIC_API_KEY: 'a key' }
  expect(await driver.probe(profile, key)).toMatchObject({ auth: 'ok' })
  expect(await driver.probe({ ...profile, env: [] }, key)).toMatchObject({
    auth: 'missing',
    hint: expect.stringContaining('in “env” of “claude”'),
  })
})

test('a key that only the gateway keeps counts too', async () => {
  const gateway = { vendor: 'anthropic', url: 'ANTHROPIC_BASE_URL', key: 'ANTHROPIC_API_KEY' } as const
  const driver = createClaudeDriver({ hasSdk: () => true })
  const behindGateway = { ...profile, env: [], gateway }
  expect(await driver.probe(behindGateway, env)).toMatchObject({ auth: 'missing' })
  expect(await driver.probe(behindGateway, { ...env, ANTHROPIC_API_KEY: 'a key' })).toMatchObject({ auth: 'ok' })
})
