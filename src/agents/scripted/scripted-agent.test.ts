import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { play, type SessionPlace } from '../../../test/driver-conformance.ts'
import { SUBJECTS } from '../../../test/fakes/agents.ts'
import { plainLaunch } from '../../../test/fakes/plain-launch.ts'
import { cleanEnvironment } from '../../lib/clean-environment.ts'

const [scripted] = SUBJECTS

/** A repository and the agent’s home, for one test. */
function openPlace() {
  const root = mkdtempSync(join(tmpdir(), 'drover-scripted-'))
  const paths = { workspace: join(root, 'workspace'), home: join(root, 'home'), state: join(root, 'home') }
  mkdirSync(paths.home)
  execFileSync('git', ['init', '-q', paths.workspace])
  const place: SessionPlace = {
    runId: 'scripted',
    paths,
    launch: plainLaunch,
    env: { ...cleanEnvironment(process.env), HOME: paths.home },
  }
  return {
    run: (prompt: string, more: Partial<Parameters<typeof play>[2]> = {}) =>
      play(scripted!, place, { prompt, ...more }),
    read: (name: string) => readFileSync(join(paths.workspace, name), 'utf8'),
    write: (name: string, text: string) => writeFileSync(join(paths.workspace, name), text),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  }
}

test('write, append and replace change files as they say', async () => {
  using place = openPlace()
  const { outcome } = await place.run('write docs/a.md :: one\nappend docs/a.md :: two\nreplace docs/a.md :: one => 1')
  expect(outcome).toMatchObject({ status: 'done', text: expect.stringContaining('Changed docs/a.md.') })
  expect(place.read('docs/a.md')).toBe('1\ntwo\n')
})

test('a command’s output is shown, and one that fails ends the script', async () => {
  using place = openPlace()
  const { outcome, events } = await place.run('run echo seen; exit 3\nwrite a.md :: not written')
  expect(events).toContainEqual(expect.objectContaining({ type: 'tool', state: 'failed', output: 'seen\n' }))
  expect(outcome).toMatchObject({ status: 'done', text: '`echo seen; exit 3` ended with 3: I stopped there.' })
  expect(() => place.read('a.md')).toThrow('ENOENT')
})

test('a script with a mistake in it is not begun', async () => {
  using place = openPlace()
  const { outcome } = await place.run('write a.md :: one\nwrite b.md')
  expect(outcome).toMatchObject({
    status: 'failed',
    why: 'invalid_request',
    detail: 'Line 2 is not a whole step: “write b.md”. It has the form: write PATH :: TEXT',
  })
  expect(() => place.read('a.md')).toThrow('ENOENT')
})

test.each([
  ['replace a.md :: x => y', 'There is no file a.md to replace something in.'],
  ['write ../a.md :: x', '../a.md lies outside the workspace.'],
])('“%s” cannot be done, and says why', async (step, detail) => {
  using place = openPlace()
  const { outcome } = await place.run(step)
  expect(outcome).toMatchObject({ status: 'failed', why: 'invalid_request', detail })
})

test('after a crash the same prompt goes on where it stopped, and does nothing twice', async () => {
  using place = openPlace()
  const prompt = 'append a.md :: one\nfail crash once\nappend a.md :: two'
  const crashed = await place.run(prompt)
  expect(crashed.outcome).toMatchObject({ status: 'failed', why: 'crashed' })
  const { outcome } = await place.run(prompt, { resume: crashed.outcome.resume })
  expect(outcome).toMatchObject({
    status: 'done',
    text: expect.stringContaining('I was interrupted; going on at step 3 of 3.'),
  })
  expect(place.read('a.md')).toBe('one\ntwo\n')
})

test('a crash that is meant to happen each time happens each time', async () => {
  using place = openPlace()
  const first = await place.run('fail crash')
  const second = await place.run('fail crash', { resume: first.outcome.resume })
  expect(second.outcome).toMatchObject({ status: 'failed', why: 'crashed' })
})

test('after a crash another prompt is another script', async () => {
  using place = openPlace()
  const crashed = await place.run('append a.md :: one\nfail crash')
  const { outcome } = await place.run('say something else', { resume: crashed.outcome.resume })
  expect(outcome).toMatchObject({ status: 'done', text: 'something else' })
})

test('an answer that comes later goes to the question, and the steps behind it are done', async () => {
  using place = openPlace()
  const parked = await place.run('ask Which? A / B\nwrite a.md :: done')
  expect(parked.outcome.status).toBe('parked')
  const { outcome } = await place.run('write down that it is C', { resume: parked.outcome.resume })
  expect(outcome.text).toContain('You answered: write down that it is C')
  expect(place.read('a.md')).toBe('done\n')
})

test.each([
  ['Deny', 'Not allowed: write no.md.'],
  ['Not allowed: write no.md. Go on without it.', 'Not allowed: write no.md.'],
  ['Allow', 'Wrote no.md.'],
  ['Allowed: write no.md. Go on.', 'Wrote no.md.'],
])('a permission that comes later is understood: “%s”', async (answer, text) => {
  using place = openPlace()
  const parked = await place.run('write no.md :: done', { autonomy: 'ask' })
  const resumed = await place.run(answer, { autonomy: 'ask', resume: parked.outcome.resume })
  expect(resumed).toMatchObject({ questions: [], outcome: { status: 'done', text } })
})

test('what was stopped in the middle can be gone on with by the same prompt', async () => {
  using place = openPlace()
  const prompt = 'append a.md :: one\nsleep 60000\nappend a.md :: two'
  const stopped = await place.run(prompt, { limits: { wallMs: 2000 } })
  expect(stopped.outcome.status).toBe('limit')
  const stoppedAgain = await place.run(prompt, { resume: stopped.outcome.resume, limits: { wallMs: 2000 } })
  expect(stoppedAgain.outcome.text).toContain('going on at step 2 of 3')
  expect(place.read('a.md')).toBe('one\n')
})

test('"everything in this session" is asked once', async () => {
  using place = openPlace()
  const { questions } = await place.run('write a.md :: a\nrun true\nwrite b.md :: b', {
    autonomy: 'ask',
    answer: () => ({ choose: 'all' }),
  })
  expect(questions).toHaveLength(1)
})

test('who may only edit is asked for commands, and who may only read changes nothing', async () => {
  using place = openPlace()
  const editing = await place.run('write a.md :: a\nrun true', { autonomy: 'edits', answer: () => ({ choose: 'yes' }) })
  expect(editing.questions.map(({ toolKind }) => toolKind)).toEqual(['execute'])
  const reading = await place.run('write b.md :: b', { autonomy: 'readonly' })
  expect(reading).toMatchObject({ questions: [], outcome: { text: 'Not allowed: write b.md.' } })
})

test('lines that are no steps are named', async () => {
  using place = openPlace()
  const { outcome } = await place.run('Please:\nsay hello')
  expect(outcome.text).toBe('Left aside, because they are no steps: “Please:”\n\nhello')
})

test('free text is answered with a survey of the repository and the way on', async () => {
  using place = openPlace()
  place.write('README.md', '# The Project\n')
  place.write('package.json', '{"scripts":{"build":"x","test":"y"}}')
  place.write('Makefile', 'all: x\n\techo\n')
  const { outcome } = await place.run('What can you do?')
  const { text } = outcome
  expect(text).toContain('no model')
  expect(text).toContain('- Title: The Project\n- Files: 3 (1 without ending, 1 .md, 1 .json)')
  expect(text).toContain('- npm scripts: build, test\n- Makefile targets: all')
  for (const name of ['write PATH :: TEXT', 'Claude', 'Codex', 'Gemini', 'opencode', 'Aider'])
    expect(text).toContain(name)
})

test.each([
  ['auth', 'auth'],
  ['rate_limit', 'rate_limit'],
  ['quota', 'quota'],
  ['invalid_request', 'invalid_request'],
  ['network', 'network'],
  ['overloaded', 'overloaded'],
  ['refusal', 'refusal'],
  ['session_lost', 'session_lost'],
  ['other', 'other'],
])('fail %s fails as %s', async (failure, why) => {
  using place = openPlace()
  const { outcome } = await place.run(`fail ${failure}`)
  expect(outcome).toMatchObject({ status: 'failed', why })
})
