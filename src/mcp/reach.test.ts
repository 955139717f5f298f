/** What the tools of a run can reach: its own codebase in its own org, as long as the run holds its task. */
import { CompiledQuery } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { claim } from '../../test/queue-fixtures.ts'
import { claimTaskOn, makeCodebase, openRunTools } from '../../test/run-tools-kit.ts'
import { openTestDb, type TestDatabase } from '../../test/test-db.ts'
import type { Codebase } from '../codebases/codebase.ts'
import { asSystem } from '../db/scope.ts'
import type { Id } from '../lib/ids.ts'
import { saveMemory } from '../memories/store.ts'
import { DEFAULT_ORG } from '../orgs/org.ts'
import { cancelTask, parkTask, reapTask, retryTaskLater, settleTask } from '../tasks/store.ts'
import { runOf, type Task } from '../tasks/task.ts'

const STRANGERS: Id<'org'> = 'org_strangers'

let database: TestDatabase
let ours: Codebase
/** Of the same org, and of the same name in another org. */
let beside: Codebase
let theirs: Codebase

beforeAll(async () => {
  database = await openTestDb()
  await asSystem(database, (db) =>
    db.insertInto('orgs').values({ id: STRANGERS, slug: 'strangers', name: 'Strangers' }).execute(),
  )
  ours = await makeCodebase(database, DEFAULT_ORG, 'ours')
  beside = await makeCodebase(database, DEFAULT_ORG, 'beside')
  theirs = await makeCodebase(database, STRANGERS, 'ours')
  for (const { orgId, codebaseId, text } of [
    { orgId: DEFAULT_ORG, codebaseId: ours.id, text: 'fact of ours' },
    { orgId: DEFAULT_ORG, codebaseId: beside.id, text: 'fact of beside' },
    { orgId: DEFAULT_ORG, codebaseId: null, text: 'fact of the org' },
    { orgId: STRANGERS, codebaseId: theirs.id, text: 'fact of theirs' },
    { orgId: STRANGERS, codebaseId: null, text: 'fact of their org' },
  ]) {
    await asSystem(database, (db) => saveMemory(db, { orgId, codebaseId, text, key: 'fact', createdByTask: null }))
  }
})
afterAll(() => database[Symbol.asyncDispose]())

const WRITES: [string, object][] = [
  ['create_task', { title: 'child', prompt: 'p' }],
  ['remember', { key: 'fact', text: 'changed' }],
  ['remember', { text: 'added' }],
  ['attach_artifact', { name: 'a', content: 'c' }],
]
const TABLES = ['tasks', 'conversations', 'messages', 'memories', 'artifacts', 'task_events']

/** All rows of these tables that are not ours, or, with `everything`, all. */
async function rows(everything: boolean): Promise<string> {
  const notOurs = `not (t.org_id = $1 and to_jsonb(t) ->> 'codebase_id' is not distinct from $2)`
  const all = await asSystem(database, async (db) => {
    const found: unknown[] = []
    for (const table of TABLES) {
      const hasCodebase = table === 'tasks' || table === 'conversations' || table === 'memories'
      const where = everything ? '$1 <> $2' : hasCodebase ? notOurs : 't.org_id <> $1 and $1 <> $2'
      const query = `select to_jsonb(t) as row from ${table} t where ${where} order by 1`
      found.push(...(await db.executeQuery(CompiledQuery.raw(query, [DEFAULT_ORG, ours.id]))).rows)
    }
    return found
  })
  return JSON.stringify(all)
}

test('what is recalled is of the codebase and of its org, whatever is asked for', async () => {
  await using tools = await openRunTools(database, await claimTaskOn(database, ours))
  for (const query of [undefined, 'fact', `fact' or 'x`, '%', 'theirs | beside | fact', '*:*']) {
    const told = await tools.call('recall', query === undefined ? {} : { query })
    expect(told).not.toMatch(/beside|their/)
  }
  expect(await tools.call('recall', { query: 'fact' })).toMatch(/fact of the org[^]*fact of ours/)
  await using theirTools = await openRunTools(database, await claimTaskOn(database, theirs))
  expect((await theirTools.call('recall')).match(/fact of .*$/gm)).toEqual(['fact of their org', 'fact of theirs'])
})

test('nothing that is written is of another codebase or org, also under a key that is there', async () => {
  const task = await claimTaskOn(database, ours)
  await using tools = await openRunTools(database, task)
  const before = await rows(false)
  const all = await rows(true)
  for (const [name, input] of WRITES) expect(await tools.call(name, input)).not.toMatch(/^!/)
  expect(await rows(false)).toBe(before)
  expect(await rows(true)).not.toBe(all)
})

test('a task that claims to be of an org or a codebase that it is not of reaches neither', async () => {
  const task = await claimTaskOn(database, ours)
  for (const forged of [
    { ...task, orgId: STRANGERS },
    { ...task, codebaseId: theirs.id },
    { ...task, orgId: STRANGERS, codebaseId: ours.id },
  ]) {
    await using tools = await openRunTools(database, forged)
    const before = await rows(true)
    for (const [name, input] of WRITES.filter(([name]) => name !== 'attach_artifact' || forged.orgId !== task.orgId)) {
      expect(await tools.call(name, input)).toMatch(/^! Drover itself failed/)
    }
    expect(await rows(true)).toBe(before)
    expect(await tools.call('recall')).not.toMatch(/fact of (ours|theirs|beside)/)
  }
})

test.each<[string, (task: Task) => Promise<unknown>]>([
  ['is settled', (task) => asSystem(database, (db) => settleTask(db, runOf(task), 'completed', {}))],
  ['is parked', (task) => asSystem(database, (db) => parkTask(db, runOf(task), 'input'))],
  [
    'is in its next run',
    async (task) => {
      await asSystem(database, (db) => retryTaskLater(db, runOf(task), { delayMs: 0, counts: false }))
      const again = await claim(database, 1, { type: task.workerType })
      expect(again.map(({ id, attempt }) => [id, attempt])).toEqual([[task.id, 2]])
    },
  ],
  [
    'was taken from a worker that was lost',
    async (task) => {
      await asSystem(database, (db) =>
        db.executeQuery(
          CompiledQuery.raw(`update tasks set lease_expires_at = now() - interval '1 hour' where id = $1`, [task.id]),
        ),
      )
      await asSystem(database, reapTask)
    },
  ],
  [
    'was cancelled and has ended',
    async (task) => {
      await asSystem(database, (db) => cancelTask(db, task.id))
      await asSystem(database, (db) => settleTask(db, runOf(task), 'cancelled', {}))
    },
  ],
])('a run whose task %s writes nothing any more, and is told to stop', async (_, lose) => {
  const task = await claimTaskOn(database, ours)
  await using tools = await openRunTools(database, task)
  await lose(task)
  const before = await rows(true)
  for (const [name, input] of WRITES) {
    expect(await tools.call(name, input)).toBe(
      '! This run is over: its task has been taken from it. Nothing was written. Stop.',
    )
  }
  expect(await rows(true)).toBe(before)
  expect(tools.heard.reports).toEqual([])
})
