/** The migrations, docs/schema.sql and src/db/tables.ts say the same. */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { dumpSchema } from './dump-schema.ts'
import { asAdmin } from './test-db.ts'

const SCHEMA = fileURLToPath(new URL('../docs/schema.sql', import.meta.url))
const TABLES = ['column-types', 'tables', 'talk-tables'].map((name) => new URL(`../src/db/${name}.ts`, import.meta.url))

test('docs/schema.sql is what the migrations make', async () => {
  const dump = await asAdmin('drover_template', dumpSchema)
  if (process.env['UPDATE'] === '1') await writeFile(SCHEMA, dump)
  expect(dump, 'If you meant to change the schema: UPDATE=1 npx vitest run test/schema-drift.test.ts').toBe(
    await readFile(SCHEMA, 'utf8').catch(() => 'docs/schema.sql is missing'),
  )
})

test.each([
  ['a column', 'alter table tasks add surprise text'],
  ['a default', 'alter table tasks alter priority set default 7'],
  ['a constraint', 'alter table tasks drop constraint running_has_a_lease'],
  ['an index', 'drop index one_admitted_task_per_lane'],
  ['a policy', 'drop policy one_org on tasks'],
  ['row security', 'alter table tasks no force row level security'],
  ['a trigger', 'drop trigger admit on tasks'],
  ['a right', 'grant delete on task_events to drover_app'],
  [
    'a function’s body',
    'create or replace function lock_lane(p_org text, p_lane text) returns void language sql as $$ $$',
  ],
  ['a right to call', 'grant execute on function claim_tasks to drover_app'],
])('the dump shows a change of %s', async (_, change) => {
  const [before, after] = await asAdmin('drover_template', async (client) => {
    const before = await dumpSchema(client)
    await client.query(`begin; set local search_path = drover; ${change}; set local search_path = public`)
    return [before, await dumpSchema(client)]
  })
  expect(after).not.toBe(before)
})

describe('src/db/tables.ts', () => {
  test('knows every table and column, and what may be null', async () => {
    const sources = await Promise.all(TABLES.map((file) => readFile(file, 'utf8')))
    expect(describeTypes(sources.join('\n'))).toEqual(await describeDatabase())
  })

  test('tells a column that may be null from one that may not', () => {
    const source = `type Now = ColumnType<Date, Date | undefined, Date>
      type OptionalJson = JSONColumnType<Record<string, unknown> | null, string | null>
      export interface Tables {
        a: { id: string; n: Generated<number>; kind: 'x' | 'y' }
        b: B
      }
      interface B {
        /** With a comment. */
        at: Now
        gone_at: Date | null
        result: OptionalJson
        usd: ColumnType<string | null, number | null, number | null>
      }`
    expect(describeTypes(source)).toEqual([
      'a.id: string',
      'a.kind: string',
      'a.n: number, has a default',
      'b.at: Date, has a default',
      'b.gone_at: Date or null',
      'b.result: Record or null',
      'b.usd: string or null',
    ])
  })
})

/** What TypeScript says of each column: `tasks.lane: string or null`. The file's form is simple enough for a few patterns. */
function describeTypes(source: string): string[] {
  const text = source.replace(/\/\*\*[\s\S]*?\*\//g, '')
  // Up to the bracket that stands below the beginning.
  const bodyOf = (name: string) =>
    new RegExp(`^( *)(?:export )?interface ${name}(?: extends \\w+)? \\{\\n([\\s\\S]*?)\\n\\1\\}$`, 'm').exec(
      text,
    )?.[2] ?? ''
  const aliases = new Map(Array.from(text.matchAll(/type (\w+) = (.+)/g), ([, name, type]) => [name, type ?? '']))
  const columns: string[] = []
  for (const [, table, inline, named] of [bodyOf('Tables'), bodyOf('TalkTables')]
    .join('\n')
    .matchAll(/^\s*(\w+): (?:\{([^{}]*)\}|(\w+))$/gm)) {
    for (const member of (inline ?? bodyOf(named ?? '')).split(/[;\n]/)) {
      const [, column, type] = /^\s*(\w+): (.+?)\s*$/.exec(member) ?? []
      if (column !== undefined && type !== undefined) columns.push(`${table}.${column}: ${sayType(type, aliases)}`)
    }
  }
  return columns.toSorted()
}

function sayType(type: string, aliases: Map<string | undefined, string>): string {
  const resolved = aliases.get(type) ?? type
  const [, wrapper, inner = resolved] = /^(Generated|ColumnType|JSONColumnType)<(.+)>$/.exec(resolved) ?? []
  const [selected = '', inserted = ''] = wrapper === 'Generated' ? [inner] : splitArguments(inner)
  const base = selected
    .replace(' | null', '')
    .replace(/^'.*'$/, 'string')
    .replace(/^Record<.*>$/, 'Record')
  const byDatabase = wrapper === 'Generated' || (/undefined|never/.test(inserted) && !selected.includes('| null'))
  return `${base}${selected.includes('| null') ? ' or null' : ''}${byDatabase ? ', has a default' : ''}`
}

/** At the commas that are in no brackets. */
const splitArguments = (text: string) => text.split(/,(?![^<]*>)/).map((part) => part.trim())

async function describeDatabase(): Promise<string[]> {
  const { rows } = await asAdmin('drover_template', (client) =>
    client.query<{ table: string; column: string; type: string; nullable: boolean; filled: boolean }>(
      `select relname as table, attname as column, format_type(atttypid, null) as type, not attnotnull as nullable,
              -- The triggers of 'tasks' fill these, whatever an insert says.
              atthasdef or attidentity <> '' or (relname, attname) in (('tasks', 'place'), ('tasks', 'status')) as filled
         from pg_class join pg_attribute on attrelid = pg_class.oid
        where relnamespace = 'drover'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped
          and relname <> 'migrations'`,
    ),
  )
  return rows
    .map(({ table, column, type, nullable, filled }) => {
      const end = nullable ? ' or null' : filled ? ', has a default' : ''
      return `${table}.${column}: ${TYPES[type] ?? `unknown type ${type}`}${end}`
    })
    .toSorted()
}

const TYPES: Record<string, string> = {
  text: 'string',
  'text[]': 'string[]',
  integer: 'number',
  bigint: 'number',
  // Exact: as a number it would lose digits.
  numeric: 'string',
  boolean: 'boolean',
  bytea: 'Buffer',
  jsonb: 'Record',
  tsvector: 'string',
  'timestamp with time zone': 'Date',
}
