import { expect, test } from 'vitest'
import { git, startTestService } from './test-service.ts'

test('a message becomes a commit on a branch of the repository, and the working tree of its owner stays as it was', async () => {
  await using drover = await startTestService()
  const { id } = await drover.start({ prompt: 'write notes.md :: hello', codebase: 'app' })
  const task = await drover.until(id, 'completed')
  expect(task.result).toMatchObject({ text: 'Wrote notes.md.', diffStat: expect.stringContaining('notes.md | 1 +') })
  const branch = task.result?.branch ?? ''
  expect(await git(drover.repository, 'show', `${branch}:notes.md`)).toBe('hello')
  expect(await git(drover.repository, 'log', '--format=%an %s', `main..${branch}`)).toBe(
    'Drover write notes.md :: hello',
  )
  expect(await git(drover.repository, 'status', '--porcelain')).toBe('')
  expect(await git(drover.repository, 'branch', '--show-current')).toBe('main')
  const types = (await drover.events(id)).map((event) => event.type)
  expect(types).toEqual([
    'state',
    'state',
    'step',
    'step',
    'session',
    'tool',
    'tool',
    'text',
    'step',
    'step',
    'result',
    'state',
  ])
})

test('messages of one conversation run one after the other, in one session and on one branch', async () => {
  await using drover = await startTestService()
  const first = await drover.start({ prompt: 'sleep 300\nwrite a.txt :: a', codebase: 'app' })
  const second = await drover.start({
    prompt: 'run cat a.txt\nwrite b.txt :: b\nrecall',
    conversationId: first.conversationId,
  })
  expect(second.status).toBe('queued')
  const [one, two] = [await drover.until(first.id, 'completed'), await drover.until(second.id, 'completed')]
  expect(two.result?.branch).toBe(one.result?.branch)
  expect(await git(drover.repository, 'log', '--format=%s', `main..${two.result?.branch}`)).toBe(
    'run cat a.txt\nsleep 300',
  )
  expect(two.result?.text).toContain('sleep 300')
})

test('a question stops the task until somebody answers it; meanwhile no worker is held', async () => {
  await using drover = await startTestService({ DROVER_CONCURRENCY: '1' })
  const { id } = await drover.start({
    prompt: 'write a.txt :: a\nask Which colour? Red / Blue\nwrite b.txt :: b',
    codebase: 'app',
  })
  expect(await drover.until(id, 'waiting')).toMatchObject({ waitingFor: 'input' })
  const question = (await drover.events(id)).find((event) => event.type === 'question')
  expect(question).toMatchObject({ title: 'Which colour?', choices: [{ label: 'Red' }, { label: 'Blue' }] })

  const other = await drover.start({ prompt: 'say free', codebase: 'app' })
  await drover.until(other.id, 'completed')

  await drover.call('POST', `/v1/tasks/${id}/answer`, { text: 'Blue' })
  const task = await drover.until(id, 'completed')
  expect(task.result?.text).toContain('Blue')
  expect(await git(drover.repository, 'ls-tree', '--name-only', task.result?.branch ?? '')).toBe(
    'README.md\na.txt\nb.txt',
  )
})

test('a running task is cancelled, and its work so far is kept aside', async () => {
  await using drover = await startTestService()
  const { id } = await drover.start({ prompt: 'write a.txt :: a\nsleep 600000', codebase: 'app' })
  await drover.until(id, 'running')
  while (!(await drover.events(id)).some((event) => event.type === 'tool' && event.state === 'done')) continue
  await drover.call('POST', `/v1/tasks/${id}/cancel`, {})
  await drover.until(id, 'cancelled')
  expect(await git(drover.repository, 'branch', '--list', 'drover/*')).toBe('')
})

test('what fails says why and what to do; sent again with another prompt it is done', async () => {
  await using drover = await startTestService()
  const { id } = await drover.start({ prompt: 'fail auth', codebase: 'app' })
  expect(await drover.until(id, 'failed')).toMatchObject({
    failure: { class: 'auth', message: expect.stringContaining('drover agents') },
  })
  await drover.call('POST', `/v1/tasks/${id}/retry`, { prompt: 'say better' })
  expect(await drover.until(id, 'completed')).toMatchObject({ result: { text: 'better' }, failure: null })
})

test('an agent that dies in the middle is started again and goes on where it was', async () => {
  await using drover = await startTestService()
  const { id } = await drover.start({
    prompt: 'run echo once >> log.txt\nfail crash once\nwrite end.txt :: end',
    codebase: 'app',
  })
  const task = await drover.until(id, 'completed')
  expect(await git(drover.repository, 'show', `${task.result?.branch}:log.txt`)).toBe('once')
  expect(
    (await drover.events(id)).some((event) => event.type === 'step' && String(event.text).includes('Going on')),
  ).toBe(true)
})

test('a worker of another process takes the work of a service that has none of its own', async () => {
  await using drover = await startTestService({ DROVER_CONCURRENCY: '0' })
  const tasks = await Promise.all(
    ['a', 'b', 'c'].map((name) => drover.start({ prompt: `write ${name}.txt :: ${name}`, codebase: 'app' })),
  )
  const workers = await Promise.all(['one', 'two'].map((home) => drover.startWorker(home, { DROVER_CONCURRENCY: '2' })))
  for (const { id } of tasks) expect(await drover.until(id, 'completed')).toMatchObject({ attempt: 1 })
  await Promise.all(workers.map((worker) => worker.stop()))
})

test('a stop hands back what runs; the next start goes on with it', async () => {
  await using drover = await startTestService({ DROVER_CONCURRENCY: '0' })
  const first = await drover.startWorker('home', { DROVER_CONCURRENCY: '2', DROVER_DRAIN_SECONDS: '0' })
  const { id } = await drover.start({
    prompt: 'run echo once >> log.txt\nsleep 1500\nwrite end.txt :: end',
    codebase: 'app',
  })
  while (!(await drover.events(id)).some((event) => event.type === 'tool' && event.state === 'done')) continue
  await first.stop()
  expect(await drover.show(id)).toMatchObject({ status: 'pending', failures: 0 })
  const second = await drover.startWorker('home', { DROVER_CONCURRENCY: '2' })
  const task = await drover.until(id, 'completed')
  expect(await git(drover.repository, 'show', `${task.result?.branch}:log.txt`)).toBe('once')
  await second.stop()
})
