import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeCodebase } from '../../test/run-tools-kit.ts'
import { openTestDb, type TestDatabase } from '../../test/test-db.ts'
import { asOrg, asSystem } from '../db/scope.ts'
import { DEFAULT_ORG } from '../orgs/org.ts'
import { findMemories, forgetOldest, saveMemory } from './store.ts'

let database: TestDatabase
let codebaseId: string
let codebases = 0

beforeAll(async () => void (database = await openTestDb()))
afterAll(() => database[Symbol.asyncDispose]())
beforeEach(async () => void (codebaseId = (await makeCodebase(database, DEFAULT_ORG, `c${++codebases}`)).id))

const save = (text: string, key: string | null = null, where: string | null = codebaseId) =>
  asOrg(database, DEFAULT_ORG, (db) =>
    saveMemory(db, { orgId: DEFAULT_ORG, codebaseId: where, key, text, createdByTask: null }),
  )
const find = async (query?: string, where: string | null = codebaseId) => {
  const found = await asOrg(database, DEFAULT_ORG, (db) =>
    findMemories(db, { orgId: DEFAULT_ORG, codebaseId: where, limit: 100, ...(query !== undefined && { query }) }),
  )
  return found.map(({ text }) => text)
}

const lettersOf = (text: string) => fc.constantFrom(...Array.from(text))

test.each([
  ['the scope is in src/db/scope.ts', ['scope', 'SRC', 'src/db', 'scope.ts', 'src/db/scope.ts', 'ts db']],
  ['run npm-test, then check_all', ['test', 'npm', 'npm-test', 'check_all', 'all check']],
  ['tests need DATABASE_URL', ['test', 'database', 'data', 'DATABASE_URL', 'need tests']],
  [`it's O'Brien's \\ "rule" & more | !`, [`o'brien`, 'rule', '"rule"', '\\', '& rule', '!rule', "'"]],
  ['ask ops@example.com on port 5432', ['ops@example.com', 'example', '5432']],
])('%j is found by each of %j', async (text, queries) => {
  await save(text)
  for (const query of queries) expect([query, await find(query)]).toEqual([query, [text]])
  for (const query of ['zebra', `${queries[0]} zebra`, 'cope']) expect([query, await find(query)]).toEqual([query, []])
})

test('a key is found as its text is', async () => {
  await save('make all', 'build-command')
  expect(await find('command make')).toEqual(['make all'])
})

test('whatever is typed is a query: it finds or finds not, and never fails', async () => {
  await save('one fact')
  const typed = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: lettersOf(`ab'"\\:*&|!<>()-0 `) }))
  await fc.assert(
    fc.asyncProperty(typed, async (query) => {
      // As the tool cleans what comes in.
      expect(['one fact', undefined]).toContain((await find(query.replaceAll('\0', '').toWellFormed()))[0])
    }),
    { numRuns: 300 },
  )
})

test('any text is kept as it is, and is found by its own words', async () => {
  const words = fc.array(fc.string({ unit: lettersOf('abcxyzäßяé09'), minLength: 1, maxLength: 12 }), {
    minLength: 1,
    maxLength: 8,
  })
  await fc.assert(
    fc.asyncProperty(words, fc.constantFrom(' ', '/', '-', '. ', '_'), async (words, between) => {
      const text = words.join(between)
      await save(text, 'same')
      expect(await find(words.join(' '))).toContain(text)
    }),
    { numRuns: 100 },
  )
})

test('the same key replaces, in its codebase or for the whole org, and makes the memory new', async () => {
  expect(await save('old', 'key')).toEqual({ replaced: false })
  await save('between')
  expect(await save('new', 'key')).toEqual({ replaced: true })
  expect(await find()).toEqual(['new', 'between'])
  expect(await save('of the org', 'key', null)).toEqual({ replaced: false })
  expect(await save('of the org, again', 'key', null)).toEqual({ replaced: true })
  expect(await find()).toEqual(['of the org, again', 'new', 'between'])
  expect(await find(undefined, null)).toEqual(['of the org, again'])
  expect(await find('old')).toEqual([])
})

test('what is older than the newest is forgotten, in this codebase alone', async () => {
  const other = (await makeCodebase(database, DEFAULT_ORG, `c${++codebases}`)).id
  for (const text of ['1', '2', '3', '4']) {
    await save(text)
    await save(`other ${text}`, null, other)
  }
  await save('1 again', 'kept')
  await asSystem(database, (db) => forgetOldest(db, { orgId: DEFAULT_ORG, codebaseId, keep: 3 }))
  expect((await find()).filter((text) => !text.startsWith('of the org'))).toEqual(['1 again', '4', '3'])
  expect((await find(undefined, other)).filter((text) => !text.startsWith('of the org'))).toHaveLength(4)
})

test('the table refuses what is too long or empty, whoever writes', async () => {
  for (const [text, key] of [
    ['x'.repeat(4097), null],
    ['', null],
    ['t', 'k'.repeat(201)],
    ['t', ''],
  ] as const) {
    await expect(save(text, key)).rejects.toMatchObject({ code: '23514' })
  }
  await save('я'.repeat(2048), 'k'.repeat(200))
})
