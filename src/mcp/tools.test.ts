import { setTimeout } from 'node:timers/promises'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { claim, statusOf } from '../../test/queue-fixtures.ts'
import { claimTaskOn, makeCodebase, openRunTools, type TestTools } from '../../test/run-tools-kit.ts'
import { openTestDb, type TestDatabase } from '../../test/test-db.ts'
import type { Codebase } from '../codebases/codebase.ts'
import { listMessages } from '../conversations/store.ts'
import { asSystem } from '../db/scope.ts'
import { UserError } from '../lib/errors.ts'
import { findNewestArtifact } from '../events/artifact-store.ts'
import { DEFAULT_ORG } from '../orgs/org.ts'
import { listTasks, parkTask, retryTaskLater, settleTask } from '../tasks/store.ts'
import { runOf, type Task } from '../tasks/task.ts'

let database: TestDatabase
let codebase: Codebase
let task: Task
let tools: TestTools

let codebases = 0
beforeAll(async () => void (database = await openTestDb()))
afterAll(() => database[Symbol.asyncDispose]())
beforeEach(async () => {
  codebase = await makeCodebase(database, DEFAULT_ORG, `codebase-${++codebases}`)
  task = await claimTaskOn(database, codebase)
  tools = await openRunTools(database, task)
  return () => tools[Symbol.asyncDispose]()
})

const childrenOf = ({ id, orgId }: Task) =>
  asSystem(database, (db) => listTasks(db, orgId, { parentId: id, limit: 100 }))
const idIn = (answer: string) => /tsk_\w+/.exec(answer)?.[0] ?? `no id in: ${answer}`
const work = { title: 'Write tests', prompt: 'Write tests for a.ts' }

describe('ask_person and report_progress', () => {
  test('a question goes to the host, and the agent is told what the host says', async () => {
    expect(await tools.call('ask_person', { question: 'Red?', choices: ['yes', 'no'] })).toBe(
      'Asked. End your turn now.',
    )
    expect(await tools.call('ask_person', { question: 'Why?' })).toBe('Asked. End your turn now.')
    expect(tools.heard.questions).toEqual([
      { title: 'Red?', choices: ['yes', 'no'] },
      { title: 'Why?', choices: [] },
    ])
  })

  test('what is reported comes in order, and without letters that no database keeps', async () => {
    const texts = ['one', 'nul \0 here', 'half \ud83d pair', 'whole 😀']
    await Promise.all(texts.map((text) => tools.call('report_progress', { text })))
    expect(tools.heard.reports).toEqual(['one', 'nul \ufffd here', 'half \ufffd pair', 'whole 😀'])
  })
})

describe('create_task', () => {
  test('makes a child on the same codebase, in a conversation of its own, which a worker can claim', async () => {
    const parent = await claimTaskOn(database, codebase, { correlationId: 'cor', priority: 7 })
    await using tools = await openRunTools(database, parent)
    const answer = await tools.call('create_task', work)
    const [child] = await childrenOf(parent)
    expect(child).toMatchObject({
      id: idIn(answer),
      ...work,
      orgId: codebase.orgId,
      codebaseId: codebase.id,
      parentId: parent.id,
      createdBy: parent.id,
      agent: parent.agent,
      workerType: parent.workerType,
      priority: 7,
      correlationId: 'cor',
      status: 'pending',
    })
    expect(child?.lane).toBe(child?.conversationId)
    expect(child?.conversationId).not.toBe(parent.conversationId)
    const messages = await asSystem(database, (db) => listMessages(db, child?.conversationId ?? '', 10))
    expect(messages.map((message) => message.text)).toEqual([work.prompt])
    expect(tools.heard).toMatchObject({ waits: 0, reports: [`Created task ${child?.id}: Write tests`] })
    const [claimed] = await claim(database, 1, { type: parent.workerType })
    expect(claimed?.id).toBe(child?.id)
  })

  test('with wait the host is told to wait, and the parked parent goes on when the child has ended', async () => {
    const answer = await tools.call('create_task', { ...work, wait: true })
    expect(answer).toContain('End your turn now; you are called again when your tasks have ended.')
    expect(tools.heard.waits).toBe(1)
    await asSystem(database, (db) => parkTask(db, runOf(task), 'children'))
    const [child] = await claim(database, 1, { type: task.workerType })
    await asSystem(database, (db) => settleTask(db, runOf(child!), 'completed', {}))
    expect(await statusOf(database, task.id)).toBe('pending')
  })

  test('the worker type is that of the agent; an agent that is not there is named with those that are', async () => {
    const agents = {
      find: (name: string) => (name === 'other' ? { profile: { workerType: 'general' } } : undefined),
      names: () => ['scripted', 'other'],
    }
    await using tools = await openRunTools(database, task, { agents })
    await tools.call('create_task', { ...work, agent: 'other' })
    await tools.call('create_task', { ...work, agent: 'scripted' })
    expect((await childrenOf(task)).map(({ agent, workerType }) => [agent, workerType])).toEqual([
      ['scripted', task.workerType],
      ['other', 'general'],
    ])
    expect(await tools.call('create_task', { ...work, agent: 'gpt' })).toBe(
      '! agent: There is no agent "gpt". There are: scripted, other.',
    )
    expect(await childrenOf(task)).toHaveLength(2)
  })

  test('a task makes at most 20, also when it asks for many at once and in another run', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) => tools.call('create_task', { ...work, title: `first ${n}` })),
    )
    await asSystem(database, (db) => retryTaskLater(db, runOf(task), { delayMs: 0, counts: false }))
    const again = (await claim(database, 20, { type: task.workerType })).find(({ id }) => id === task.id)
    await using nextTools = await openRunTools(database, again!)
    answers.push(
      ...(await Promise.all(
        Array.from({ length: 12 }, (_, n) => nextTools.call('create_task', { ...work, title: `next ${n}` })),
      )),
    )
    expect(await childrenOf(task)).toHaveLength(20)
    const refused = answers.filter((answer) => answer.startsWith('!'))
    expect(refused).toEqual(Array(4).fill(expect.stringContaining('This task has made 20 others')))
  })

  test('tasks make tasks three levels deep, and no deeper', async () => {
    let parent = task
    for (const depth of [1, 2, 3]) {
      await using tools = await openRunTools(database, parent)
      const id = idIn(await tools.call('create_task', work))
      const [child] = await claim(database, 1, { type: parent.workerType })
      expect([depth, child?.id]).toEqual([depth, id])
      parent = child!
    }
    await using deepTools = await openRunTools(database, parent)
    expect(await deepTools.call('create_task', work)).toMatch(/^! This task was itself made by a task, 3 levels deep/)
    expect(await childrenOf(parent)).toEqual([])
  })
})

describe('remember and recall', () => {
  test('what is remembered is found by later tasks, newest first; the same key replaces', async () => {
    expect(await tools.call('recall')).toBe('Nothing is remembered of this repository so far.')
    expect(await tools.call('remember', { key: 'build', text: 'make all' })).toBe('Remembered.')
    expect(await tools.call('remember', { text: 'Tabs, not spaces' })).toBe('Remembered.')
    expect(await tools.call('remember', { key: ' build ', text: 'npm run build' })).toBe(
      'Remembered. It replaces what was remembered as build.',
    )
    expect(tools.heard.reports.at(-1)).toBe('Remembered as build: npm run build')
    await using later = await openRunTools(database, await claimTaskOn(database, codebase))
    const lines = (await later.call('recall')).split('\n\n').slice(1)
    expect(lines.map((line) => line.replace(/^- \d{4}-\d\d-\d\d/, ''))).toEqual([
      ', build: npm run build',
      ': Tabs, not spaces',
    ])
    expect(await later.call('recall', { query: 'SPACES tab' })).toMatch(/: Tabs, not spaces$/)
    expect(await later.call('recall', { query: 'make' })).toMatch(/^Nothing that is remembered has all of these words/)
  })

  test('at most 20 are told', async () => {
    for (let n = 1; n <= 22; n++) await tools.call('remember', { text: `fact ${n}` })
    const facts = Array.from((await tools.call('recall')).matchAll(/fact (\d+)$/gm), ([, n]) => Number(n))
    expect(facts).toEqual(Array.from({ length: 20 }, (_, n) => 22 - n))
  })
})

describe('attach_artifact', () => {
  test('keeps a text as a file of the task', async () => {
    const content = 'x'.repeat(2 ** 20)
    const answer = await tools.call('attach_artifact', { name: ' report.md ', content, media_type: 'text/markdown' })
    const artifact = await asSystem(database, (db) => findNewestArtifact(db, task.id, 'file'))
    expect(artifact).toMatchObject({ name: 'report.md', mediaType: 'text/markdown' })
    expect(artifact?.content.toString()).toBe(content)
    expect(answer).toBe(`Attached report.md as ${artifact?.id}.`)
    expect(tools.heard.reports).toEqual([`Attached report.md (${artifact?.id})`])
    await tools.call('attach_artifact', { name: 'plain', content: 'п'.repeat(100) })
    expect(await asSystem(database, (db) => findNewestArtifact(db, task.id, 'file'))).toMatchObject({
      mediaType: 'text/plain',
    })
  })
})

describe('what goes wrong', () => {
  const long = (bytes: number) => 'x'.repeat(bytes + 1)
  test.each<[string, object, RegExp]>([
    ['ask_person', {}, /^question: .*string.* Correct it and call ask_person again\.$/],
    ['ask_person', { question: ' ' }, /^question: It is empty\./],
    ['ask_person', { question: 'q', choices: ['a', 'a'] }, /^choices: Two are the same\./],
    ['ask_person', { question: 'q', choices: Array.from('abcdefghijk') }, /^choices: There are more than 10\./],
    ['ask_person', { question: 'q', choices: ['a', ''] }, /^choices\.1: It is empty\./],
    ['report_progress', { text: long(4096) }, /^text: It has 4097 bytes, at most 4096 are possible\./],
    ['report_progress', { text: 1 }, /^text: /],
    ['create_task', { title: 't' }, /^prompt: /],
    ['create_task', { title: 't', prompt: 'p', wait: 'yes' }, /^wait: .*boolean/],
    ['create_task', { title: 't', prompt: 'p', codebase: 'other' }, /codebase/],
    [
      'create_task',
      { title: 't', prompt: 'p', agent: 'no' },
      /^agent: There is no agent "no"\. There are: scripted\.$/,
    ],
    ['remember', { text: 'я'.repeat(2049) }, /^text: It has 4098 bytes, at most 4096 are possible\./],
    ['remember', { text: 't', key: '  ' }, /^key: It is empty\./],
    ['recall', { query: 7 }, /^query: /],
    ['attach_artifact', { name: '../a', content: 'c' }, /^name: It is to be the name of a file, without folders\./],
    ['attach_artifact', { name: 'a\nb', content: 'c' }, /^name: /],
    ['attach_artifact', { name: 'a', content: long(2 ** 20) }, /^content: It has 1048577 bytes/],
    ['attach_artifact', { name: 'a', path: '/etc/passwd' }, /path/],
    ['attach_artifact', { name: 'a', content: 'c', media_type: 'text/html\r\nx: y' }, /^media_type: /],
    ['no_such_tool', {}, /^There is no tool "no_such_tool"\. There are: ask_person, .*attach_artifact\.$/],
  ])('%s with %o is refused in words', async (name, input, words) => {
    const answer = await tools.call(name, input)
    expect(answer).toMatch(/^! /)
    expect(answer.slice(2)).toMatch(words)
    expect(tools.heard).toEqual({ reports: [], questions: [], waits: 0 })
    expect(await childrenOf(task)).toEqual([])
  })

  test('a tool may be called so often, and the others still after that', async () => {
    for (let n = 0; n < 20; n++) await tools.call('ask_person', { question: `${n}` })
    expect(await tools.call('ask_person', { question: 'one more' })).toBe(
      '! ask_person was called 20 times, and that is the most. Go on without it.',
    )
    expect(tools.heard.questions).toHaveLength(20)
    expect(await tools.call('recall')).not.toMatch(/^!/)
  })

  test('calls of one run go one after the other, however many come at once', async () => {
    let atOnce = 0
    let most = 0
    const host = {
      report: () => undefined,
      waitForChildren: () => undefined,
      async askPerson() {
        most = Math.max(most, ++atOnce)
        // Long enough for the others to come, were they let in.
        await setTimeout(20)
        atOnce--
        return 'Asked.'
      },
    }
    await using tools = await openRunTools(database, task, { host })
    await Promise.all(Array.from({ length: 10 }, () => tools.call('ask_person', { question: 'q' })))
    expect(most).toBe(1)
  })

  test('an error of ours goes to the log; the agent learns only that there was one', async () => {
    const lines: string[] = []
    const log = pino({}, { write: (line: string) => void lines.push(line) })
    const host = {
      report: () => undefined,
      waitForChildren: () => undefined,
      async askPerson({ title }: { title: string }) {
        throw title === 'known' ? new UserError('x', 'Nobody is here.') : new Error('relation "secret" is broken')
      },
    }
    await using tools = await openRunTools(database, task, { host, log })
    expect(await tools.call('ask_person', { question: 'q' })).toBe(
      '! Drover itself failed at this; its log says why. Try once more, or go on without.',
    )
    expect(lines.join()).toContain('relation \\"secret\\" is broken')
    expect(await tools.call('ask_person', { question: 'known' })).toBe('! Nobody is here.')
    expect(lines).toHaveLength(1)
  })
})
