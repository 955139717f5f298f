import { expect, test } from 'vitest'
import { plainLaunch as launch } from '../../../test/fakes/plain-launch.ts'
import { openFakeSession, type Answers } from './fake-sdk.ts'

const INIT = { type: 'system', subtype: 'init', session_id: 'session-1', model: 'some-model' }
const DONE = { type: 'result', subtype: 'success', is_error: false, terminal_reason: 'completed', result: 'ok' }
const polite: Answers = () => [INIT, DONE]

/** Begins, and then says nothing more to the prompt “wait”. */
const waiting: Answers = async function* (prompt) {
  yield INIT
  if (prompt === 'wait') await new Promise(() => {})
  yield DONE
}

test('one process serves turn after turn, and ends with the session', async () => {
  const { run, session, sdk } = openFakeSession(polite, { launch })
  const first = await run('one')
  const second = await run('two')
  expect([first, second].map(({ outcome }) => outcome)).toMatchObject([
    { status: 'done', resume: 'session-1' },
    { status: 'done', resume: 'session-1' },
  ])
  expect(sdk.started).toHaveLength(1)
  await session.close()
  await session.close()
})

test('pictures stand before the words, and words alone are only words', async () => {
  const { run, session, sdk } = openFakeSession(polite, { launch })
  await run('Look at it', {}, [{ path: '/home/agent/a.png', mediaType: 'image/png', content: Buffer.from('pixels') }])
  await run('Go on')
  await session.close()
  expect(sdk.heard).toEqual([
    [
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'cGl4ZWxz' } },
      { type: 'text', text: 'Look at it' },
    ],
    'Go on',
  ])
})

test('after a turn that was stopped a new process goes on with the same session', async () => {
  const { start, run, session, sdk } = openFakeSession(waiting, { launch })
  const turn = start('wait')
  for await (const event of turn) if (event.type === 'session') turn.cancel()
  expect((await turn.outcome).status).toBe('cancelled')
  // Its promise was rejected, as the real one is when the process goes away: nobody fell over it.
  expect(sdk.interrupts).toBe(1)
  expect((await run('go on')).outcome.status).toBe('done')
  await session.close()
  expect(sdk.started.map(({ resume }) => resume)).toEqual([undefined, 'session-1'])
})

test('a process that died between two turns is started again', async () => {
  const dying = ['/bin/sh', '-c', 'read line; exit 0']
  const { run, session, sdk } = openFakeSession(polite, { launch, command: dying })
  expect((await run('one')).outcome.status).toBe('done')
  await session.close()
  expect((await run('two')).outcome.status).toBe('done')
  await session.close()
  expect(sdk.started).toHaveLength(2)
})

test('money is counted per process: a turn with a limit has one of its own', async () => {
  const { run, session, sdk } = openFakeSession(polite, { launch })
  await run('one', { usd: 1 })
  await run('two', { usd: 2 })
  await run('three', { turns: 5 })
  await run('four', { turns: 5 })
  await session.close()
  expect(sdk.started.map(({ maxBudgetUsd, maxTurns, resume }) => ({ maxBudgetUsd, maxTurns, resume }))).toEqual([
    { maxBudgetUsd: 1, maxTurns: undefined, resume: undefined },
    { maxBudgetUsd: 2, maxTurns: undefined, resume: 'session-1' },
    { maxBudgetUsd: undefined, maxTurns: 5, resume: 'session-1' },
  ])
})

test('a permission that a person must give parks the turn', async () => {
  let answer: unknown
  const asking: Answers = async function* (_, { canUseTool }) {
    yield INIT
    answer = await canUseTool('Bash', { command: 'npm publish' }, { toolUseID: 'toolu_1' })
    yield { type: 'result', subtype: 'error_during_execution', is_error: true, terminal_reason: 'aborted_tools' }
  }
  const { run, session } = openFakeSession(asking, { launch, profile: { autonomy: 'ask' } })
  const { outcome } = await run('publish it')
  await session.close()
  expect(outcome).toMatchObject({ status: 'parked', question: { title: 'npm publish' }, resume: 'session-1' })
  expect(answer).toMatchObject({ behavior: 'deny', interrupt: true })
})

test('a question that comes when the turn is over is not asked', async () => {
  const asked: string[] = []
  const { run, session, sdk } = openFakeSession(polite, {
    launch,
    reply({ title }) {
      asked.push(title)
      return 'park'
    },
  })
  await run('hello')
  const late = sdk.started[0]?.canUseTool('Bash', { command: 'late' }, { toolUseID: 'toolu_1' })
  expect(await late).toMatchObject({ behavior: 'deny' })
  await session.close()
  expect(asked).toEqual([])
})

test('without the SDK it says how to install it', async () => {
  const name: string = '@anthropic-ai/no-such-sdk'
  const { run, session } = openFakeSession(polite, { launch, loadSdk: () => import(name) })
  const { outcome } = await run('hello')
  await session.close()
  expect(outcome).toMatchObject({
    status: 'failed',
    why: 'not_installed',
    detail: expect.stringContaining('npm install --prefix src/agents/claude'),
  })
})

test('a turn that is cancelled before its process has begun starts nothing', async () => {
  const [loading, loaded] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const { start, session, sdk } = openFakeSession(polite, {
    launch,
    async loadSdk(sdk) {
      loading.resolve()
      await loaded.promise
      return sdk
    },
  })
  const turn = start('hello')
  await loading.promise
  turn.cancel()
  loaded.resolve()
  expect((await turn.outcome).status).toBe('cancelled')
  await session.close()
  expect(sdk.started).toEqual([])
})
