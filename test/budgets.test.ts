/** What a run may spend, from the model's answer to the person who raises the budget. */
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Budget, Usage } from '../src/http/wire.ts'
import { SAMPLES, startModelVendor } from './fakes/model-vendor.ts'
import { git, startTestService } from './test-service.ts'

const CALLER = fileURLToPath(new URL('fakes/model-caller.ts', import.meta.url))
const REAL_KEY = 'sk-ant-the-real-key'
const profile = {
  driver: 'cli',
  command: [process.execPath, CALLER, '{prompt}'],
  autonomy: 'full',
  env: ['ANTHROPIC_API_KEY'],
  gateway: { vendor: 'anthropic', url: 'ANTHROPIC_BASE_URL', key: 'ANTHROPIC_API_KEY' },
}

async function serviceWithModel() {
  const vendor = await startModelVendor((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(SAMPLES.messages.whole))
  })
  const file = join(tmpdir(), `drover-caller-${process.pid}-${Math.random()}.json`)
  await writeFile(file, JSON.stringify({ caller: profile }))
  const drover = await startTestService({
    DROVER_AGENTS_FILE: file,
    ANTHROPIC_API_KEY: REAL_KEY,
    ANTHROPIC_BASE_URL: vendor.url,
  })
  await rm(file)
  return {
    ...drover,
    vendor,
    setBudget: (maxCalls: number) =>
      drover.call<Budget>('PUT', '/v1/budgets', { scope: 'agent', key: 'caller', period: 'total', maxCalls }),
    async [Symbol.asyncDispose]() {
      await drover[Symbol.asyncDispose]()
      await vendor.stop()
    },
  }
}

test('a budget stops a run in its middle, says so, and once it is raised the work goes on by itself', async () => {
  await using drover = await serviceWithModel()
  await drover.setBudget(3)
  const { id } = await drover.start({ prompt: '10', codebase: 'app', agent: 'caller' })
  const stopped = await drover.until(id, 'waiting')
  expect(stopped).toMatchObject({ waitingFor: 'limit', failure: { class: 'budget' } })
  expect(stopped.failure?.message).toMatch(/budget of 3 model calls.*3 of 3.*drover budget set/)
  expect(drover.vendor.requests).toHaveLength(3)
  const notices = (await drover.events(id)).filter(({ type }) => type === 'notice').map(({ text }) => text)
  expect(notices).toContain(stopped.failure?.message)

  await drover.setBudget(20)
  const done = await drover.until(id, 'completed')
  expect(await git(drover.repository, 'show', `${done.result?.branch}:calls.txt`)).toBe('10')
  expect(drover.vendor.requests).toHaveLength(10)
})

test('every call is metered and priced, and the agent never has the real key', async () => {
  await using drover = await serviceWithModel()
  const { id } = await drover.start({ prompt: '2', codebase: 'app', agent: 'caller' })
  const { result } = await drover.until(id, 'completed')
  expect(drover.vendor.requests.map(({ headers }) => headers['x-api-key'])).toEqual([REAL_KEY, REAL_KEY])
  expect(result?.text).not.toContain(`${REAL_KEY.length} characters`)
  const { rows, total } = await drover.call<Usage>('GET', '/v1/usage?by=model')
  expect(rows).toMatchObject([{ key: 'claude-opus-4-5-20251101', calls: 2, inputTokens: 200, outputTokens: 100 }])
  expect(total.usd).toBeGreaterThan(0)
})

test('from four fifths on a warning, once', async () => {
  await using drover = await serviceWithModel()
  await drover.setBudget(5)
  const { id } = await drover.start({ prompt: '5', codebase: 'app', agent: 'caller' })
  await drover.until(id, 'completed')
  const warnings = (await drover.events(id)).filter(({ type }) => type === 'notice')
  expect(warnings).toHaveLength(1)
  expect(warnings[0]).toMatchObject({ level: 'warn', text: expect.stringContaining('80 %') })
})
