/** Tenants are kept apart by the database alone: what its catalog says, and what it does when one org attacks another. */
import { strictEqual } from 'node:assert'
import { CompiledQuery } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Database } from '../src/db/connect.ts'
import { asOrg, asSystem, type Db } from '../src/db/scope.ts'
import { enqueueTask, parkTask, settleTask } from '../src/tasks/store.ts'
import { runOf } from '../src/tasks/task.ts'
import { claim, enqueue } from './queue-fixtures.ts'
import { asAdmin, openTestDb, type TestDatabase } from './test-db.ts'

/** Not one org's data. `orgs` has a policy of its own. Think twice before you add a table here. */
const WITHOUT_ORG = [
  'agent_pauses',
  'agent_worker_types',
  'limits',
  'migrations',
  'orgs',
  'relay_channels',
  'relay_posts',
  'worker_types',
  'workers',
]
const MAY_BE_CALLED_BY_AN_ORG = [
  'admit_new_task',
  'answer_task',
  'cancel_task',
  'close_question',
  'deliver_to_places',
  'has_open_children',
  'lane_is_busy',
  'lock_lane',
  'log_new_task',
  'log_state_change',
  'memory_words',
  'notify_subscribers',
  'open_lane',
  'requeue_task',
  'show_question',
  'show_task',
  'spent_of',
  'tell',
  'tell_console',
  'tell_inbound',
  'tell_outbound',
  'tell_parent',
]
const DENIED = '42501'
const NO_SUCH_ROW = '23503'

describe('what the catalog says', () => {
  test('every table with org_id has forced row security, and nothing in the schema goes around it', async () => {
    await using db = await openTestDb()
    expect(await asAdmin(nameOf(db), findProblems)).toEqual([])
  })

  test('a table, a view, a function or a grant that goes around row security is found', async () => {
    await using db = await openTestDb()
    const planted = await asAdmin(nameOf(db), async (client) => {
      // Never committed: roles belong to the whole cluster, and other tests use it.
      await client.query(`
        begin;
        set local search_path = drover;
        set local role drover;
        create table bare (org_id text);
        create table enabled_only (org_id text);
        alter table enabled_only enable row level security;
        create table too_open (org_id text);
        select protect_tenant_table('too_open');
        create policy all_of_it on too_open to drover_app using (true);
        create table of_nobody (x int);
        create view peek as select * from tasks;
        create function sneak() returns void language sql security definer as '';
        grant select on limits to public;
        grant usage on schema drover to drover_idle;
        grant update on task_events to drover_system;
        grant delete on audit_log to drover_app;
        reset role;
        alter role drover bypassrls;`)
      return findProblems(client)
    })
    expect(planted).toEqual([
      'audit_log: drover_app may DELETE',
      'bare: no policy of one org',
      'bare: row security is not enabled and forced',
      'drover may pass row security',
      'drover_idle may use the schema',
      'enabled_only: no policy of one org',
      'enabled_only: row security is not enabled and forced',
      'limits: SELECT is granted to public',
      'of_nobody: belongs to no org, and is not on the list',
      'peek: a view sees what its owner sees',
      'sneak: EXECUTE is granted to public',
      'sneak: runs with the rights of its owner',
      'task_events: drover_system may UPDATE',
      'too_open: no policy of one org',
    ])
  })

  test('an org’s transaction may call the functions on the list, and no other', async () => {
    await using db = await openTestDb()
    const { rows } = await asAdmin(nameOf(db), (client) =>
      client.query<{ name: string }>(
        `select proname as name from pg_proc where pronamespace = 'drover'::regnamespace
            and has_function_privilege('drover_app', oid, 'execute') order by 1`,
      ),
    )
    expect(rows.map((row) => row.name)).toEqual(MAY_BE_CALLED_BY_AN_ORG)
  })

  test('of the tables that belong to no org, an org may read four and change none', async () => {
    await using db = await openTestDb()
    const { rows } = await asAdmin(nameOf(db), (client) =>
      client.query<{ right: string }>(
        `select name || ' ' || privilege as right
           from unnest($1::text[]) as name, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) as privilege
          where has_table_privilege('drover_app', 'drover.' || name, privilege) order by 1`,
        [WITHOUT_ORG],
      ),
    )
    expect(rows.map((row) => row.right)).toEqual([
      'agent_worker_types SELECT',
      'orgs SELECT',
      'worker_types SELECT',
      'workers SELECT',
    ])
  })

  test('every foreign key between tables of orgs carries the org with it', async () => {
    await using db = await openTestDb()
    const keys = await foreignKeys(nameOf(db))
    expect(keys.length).toBeGreaterThan(10)
    expect(keys.filter((key) => !key.withOrg).map((key) => `${key.table}.${key.column}`)).toEqual([])
  })
})

describe('what one org can do to another', () => {
  let db: TestDatabase
  let tables: string[]
  let before: string
  const nowhere = 'org_nobody'

  beforeAll(async () => {
    db = await openTestDb({ poolSize: 1 })
    tables = await asAdmin(nameOf(db), tenantTables)
    for (const org of ['org_a', 'org_b']) {
      await asSystem(db, async (db) => {
        await insert(db, 'orgs', { id: org, slug: org, name: org })
        const rows = rowsOf(org, '1')
        for (const table of Object.keys(rows)) await insert(db, table, rows[table]!)
      })
    }
    // What B's foreign keys will try to point at: nothing of A does, so no unique index is in their way.
    const targets = rowsOf('org_a', '3')
    for (const table of ['codebases', 'conversations', 'tasks', 'members', 'channels', 'places', 'inbox']) {
      await asSystem(db, (db) => insert(db, table, targets[table]!))
    }
    // Of A, one task in each state that a function could move.
    const make = (title: string, lane?: string) =>
      enqueue(db, { orgId: 'org_a', title, ...(lane !== undefined && { lane }) })
    const waiting = await make('waiting')
    const failed = await make('failed')
    const parent = await make('parent')
    const refused = await make('refused')
    for (const task of await claim(db, 10)) {
      await asSystem(db, async (db) => {
        if (task.id === waiting.id) await parkTask(db, runOf(task), 'input')
        else if (task.id === failed.id) await settleTask(db, runOf(task), 'failed', {})
        else if (task.id === refused.id) {
          const failure = { class: 'budget', message: 'm' } as const
          await parkTask(db, runOf(task), 'limit', { until: new Date('9999-01-01'), failure })
        } else if (task.id === parent.id) {
          await enqueueTask(db, { orgId: 'org_a', parentId: parent.id, agent: 'x', title: 'child', prompt: 'p' })
          await parkTask(db, runOf(task), 'children')
        }
      })
    }
    await make('running')
    await claim(db, 1)
    await make('head', 'line')
    await make('queued', 'line')
    before = await everythingOf('org_a')
  })
  beforeEach(async () => strictEqual(await everythingOf('org_a'), before))
  afterAll(async () => {
    strictEqual(await everythingOf('org_a'), before)
    await db[Symbol.asyncDispose]()
  })

  /** One statement as B: how many rows it touched or returned, or the code of its error. */
  const asB = (text: string, values: unknown[] = []) => run(db, 'org_b', text, values)
  const everythingOf = (org: string) =>
    asSystem(db, async (db) => {
      const all: Record<string, unknown> = {}
      for (const table of tables) {
        const query = `select to_jsonb(t) as row from ${table} t where org_id = $1 order by 1`
        all[table] = (await db.executeQuery(CompiledQuery.raw(query, [org]))).rows
      }
      return JSON.stringify(all)
    })
  /** For each table: what B gets for the statement made from its name. */
  async function inEachTable(statement: (table: string) => string) {
    const answers: Record<string, number | string> = {}
    for (const table of tables) answers[table] = await asB(statement(table))
    return answers
  }
  const all = <T>(answer: T, but: Record<string, T> = {}) =>
    Object.fromEntries(tables.map((table) => [table, but[table] ?? answer]))

  test('each table has a row of each org, or the tests below would prove nothing', async () => {
    expect(Object.keys(rowsOf('org_a', '1')).concat('task_events').toSorted()).toEqual(tables)
    for (const org of ['org_a', 'org_b']) {
      const rows: Record<string, unknown[]> = JSON.parse(await everythingOf(org))
      const empty = tables.filter((table) => rows[table]?.length === 0)
      expect(empty).toEqual([])
    }
  })

  test('it sees no row of the other, in no table, nor the other org itself', async () => {
    expect(await inEachTable((table) => `select from ${table} where org_id <> 'org_b'`)).toEqual(all(0))
    expect(await asB('select from orgs')).toBe(1)
  })

  test('it cannot insert a row with the other’s org_id', async () => {
    for (const [table, row] of Object.entries(rowsOf('org_a', '2'))) {
      expect([table, await asB(...insertion(table, row))]).toEqual([table, DENIED])
    }
    const event = { task_id: 'tsk_org_a_1', seq: 99, org_id: 'org_a', attempt: 0, type: 'text', data: '{}' }
    expect(await asB(...insertion('task_events', event))).toBe(DENIED)
  })

  test('it changes no row of the other, and cannot take one over', async () => {
    const refused = { task_events: DENIED, audit_log: DENIED }
    expect(await inEachTable((table) => `update ${table} set org_id = org_id where org_id = 'org_a'`)).toEqual(
      all<number | string>(0, refused),
    )
    expect(await inEachTable((table) => `update ${table} set org_id = 'org_b' where org_id <> 'org_b'`)).toEqual(
      all<number | string>(0, refused),
    )
  })

  test('it cannot give its own rows to the other', async () => {
    expect(await inEachTable((table) => `update ${table} set org_id = 'org_a'`)).toEqual(all(DENIED))
  })

  test('it deletes no row of the other', async () => {
    expect(await inEachTable((table) => `delete from ${table} where org_id <> 'org_b'`)).toEqual(
      all<number | string>(0, { task_events: DENIED, audit_log: DENIED }),
    )
    expect(await inEachTable((table) => `truncate ${table} cascade`)).toEqual(all(DENIED))
    expect(await asB(`delete from orgs where id = 'org_a'`)).toBe(DENIED)
  })

  test('it cannot upsert over the other’s ids', async () => {
    for (const [table, row] of Object.entries(rowsOf('org_b', '2'))) {
      const keys = await primaryKey(nameOf(db), table)
      // A key that holds the org cannot be the other's.
      if (keys.includes('org_id')) continue
      // Nor can one that the database alone gives out.
      if (keys.includes('seq')) continue
      const theirs = Object.fromEntries(keys.map((key) => [key, rowsOf('org_a', '1')[table]![key]]))
      const [text, values] = insertion(table, { ...row, ...theirs })
      const update = `${text} on conflict (${keys.join(', ')}) do update set org_id = 'org_b'`
      expect([table, await asB(update, values)]).toEqual([table, DENIED])
      expect([table, await asB(`${text} on conflict do nothing`, values)]).toEqual([table, 0])
    }
  })

  test('no foreign key of its rows can point at a row of the other', async () => {
    for (const { table, column, target, targetColumn } of await foreignKeys(nameOf(db))) {
      const theirs = rowsOf('org_a', '3')[target]![targetColumn]
      const answer =
        table === 'task_events'
          ? await asB(`insert into task_events values ($1, 99, 'org_b', 0, 'text', '{}')`, [theirs])
          : await asB(`update ${table} set ${column} = $1 where org_id = 'org_b'`, [theirs])
      expect([table, column, answer]).toEqual([table, column, NO_SUCH_ROW])
    }
  })

  test('no function moves a task of the other, or tells of it', async () => {
    const id = (title: string) => `(select id from everything where title = '${title}')`
    const tasks = JSON.parse(await everythingOf('org_a')).tasks.map((one: { row: object }) => one.row)
    const ask = async (call: string) => {
      const { rows } = await asOrg(db, 'org_b', (db) =>
        db.executeQuery<{ answer: unknown }>(
          CompiledQuery.raw(
            `with everything as (select * from jsonb_to_recordset($1) as r (id text, title text)) select ${call} as answer`,
            [JSON.stringify(tasks)],
          ),
        ),
      )
      return rows[0]?.answer
    }
    // The ids are the right ones: as A the same calls would answer.
    expect(await ask(id('waiting'))).toMatch(/^tsk_/)
    expect(await ask(`answer_task(${id('waiting')}, '1')`)).toBeNull()
    expect(await ask(`requeue_task(${id('failed')}, 'mine now')`)).toBeNull()
    for (const title of ['head', 'queued', 'waiting', 'running', 'parent', 'child']) {
      expect(await ask(`cancel_task(${id(title)})`)).toBeNull()
    }
    expect(await ask(`has_open_children(${id('parent')})`)).toBe(false)
    expect(await ask(`lane_is_busy('org_a', 'line')`)).toBe(false)
    await ask(`open_lane('org_a', 'line')`)
    await ask(`tell_parent(${id('parent')})`)
  })

  test('it learns nothing of what the other spends, and its budgets bring nothing of the other forward', async () => {
    const theirs = `jsonb_populate_record(null::budgets, '{"org_id": "org_a", "scope": "org", "period": "total", "counted_until": "-infinity"}')`
    const spending = `select from spent_of(${theirs}) where calls > 0 and tokens > 0`
    expect([await run(db, 'org_a', spending), await asB(spending)]).toEqual([1, 0])
    expect(await asB(`update budgets set max_calls = 1000000`)).toBe(1)
    await asB(`insert into budgets (id, org_id, scope, period, max_calls) values ('bud_b', 'org_b', 'org', 'day', 1)`)
    expect(await asB(`delete from budgets where id = 'bud_b'`)).toBe(1)
  })

  test('the functions that move a run are refused, with the other’s ids and with its own', async () => {
    for (const call of [
      `claim_tasks('general', 'wrk_x', 10, 60)`,
      `heartbeat_tasks('wrk_1', 60)`,
      `reap_task()`,
      `settle_task('tsk_org_a_1', 1, 'completed', null, null)`,
      `retry_task_later('tsk_org_a_1', 1, null, 0, true)`,
      `park_task('tsk_org_a_1', 1, 'input', null, null)`,
      `leave_running('tsk_org_b_1', 1, 'completed')`,
      `append_events('tsk_org_b_1', 1, '{text}', array['{}'::jsonb])`,
      `limit_of('org', 'org_a')`,
      `protect_tenant_table('limits')`,
    ]) {
      expect([call, await asB(`select ${call}`)]).toEqual([call, DENIED])
    }
  })

  test('a lane of the same name in another org is another lane', async () => {
    expect((await enqueue(db, { orgId: 'org_b', lane: 'line' })).status).toBe('pending')
  })

  test('with an org that does not exist, an empty one or none at all, nothing is seen', async () => {
    for (const table of [...tables, 'orgs']) {
      expect(await run(db, nowhere, `select from ${table}`)).toBe(0)
      for (const setting of [`set local drover.org_id = ''`, 'select', 'reset drover.org_id']) {
        const client = await db.pool.connect()
        try {
          await client.query(`begin; set local search_path = drover; set local role drover_app; ${setting}`)
          expect((await client.query(`select from ${table}`)).rowCount).toBe(0)
        } finally {
          await client.query('rollback')
          client.release()
        }
      }
    }
  })

  test('an org id that is SQL is refused before it gets there', async () => {
    for (const id of [`org_a'; set local role drover_system; --`, 'org_', '', 'org_a b', `org_a'`]) {
      expect(() => asOrg(db, id, async () => undefined)).toThrow('is not the id of an org')
    }
  })

  test('a query outside asOrg and asSystem is refused, also on a connection that served them, and after an error', async () => {
    await run(db, 'org_a', 'select from tasks')
    await asSystem(db, (db) => db.executeQuery(CompiledQuery.raw('select from tasks')))
    expect(await run(db, 'org_a', 'select 1/0')).toBe('22012')
    for (const table of [...tables, ...WITHOUT_ORG]) {
      await expect(db.pool.query(`select from drover.${table}`)).rejects.toMatchObject({ code: DENIED })
    }
    await expect(db.pool.query(`select drover.cancel_task('tsk_org_a_1')`)).rejects.toMatchObject({ code: DENIED })
  })

  test('what happened is append-only: no role may change or delete an event or an audit entry, not even its org’s own', async () => {
    const changes = ['update % set org_id = org_id', 'delete from %', 'truncate %']
    for (const change of ['task_events', 'audit_log'].flatMap((table) => changes.map((to) => to.replace('%', table)))) {
      expect(await run(db, 'org_a', change)).toBe(DENIED)
      await expect(asSystem(db, (db) => db.executeQuery(CompiledQuery.raw(change)))).rejects.toMatchObject({
        code: DENIED,
      })
    }
  })
})

const nameOf = (db: Database) => new URL(db.url).pathname.slice(1)

/** How many rows a statement touched or returned, or the code of its error. */
async function run(db: Database, org: string, text: string, values: unknown[] = []): Promise<number | string> {
  try {
    return await asOrg(db, org, async (db) => {
      const { numAffectedRows, rows } = await db.executeQuery(CompiledQuery.raw(text, values))
      return numAffectedRows === undefined ? rows.length : Number(numAffectedRows)
    })
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code !== undefined) return error.code
    throw error
  }
}

/** One row for each table, all of one org, in the order in which they can be inserted. The triggers of `tasks` make its event. */
function rowsOf(org: string, n: string): Record<string, Record<string, unknown>> {
  const id = (kind: string) => `${kind}_${org}_${n}`
  const common = { org_id: org }
  const task = { task_id: id('tsk') }
  const channel = { channel: `${org.replace('_', '-')}-${n}` }
  const tokens = { input_tokens: 1, output_tokens: 1, cache_read_tokens: 0, cache_write_tokens: 0, reasoning_tokens: 0 }
  return {
    api_keys: { ...common, id: id('key'), name: 'n', secret_hash: Buffer.from('x') },
    idempotency_keys: { ...common, key: id('k'), fingerprint: 'f', status: 200, body: '{}' },
    codebases: { ...common, id: id('cbs'), name: id('n'), url: 'file:///x', default_branch: 'main' },
    conversations: { ...common, id: id('cnv'), title: 't', codebase_id: id('cbs'), agent: 'x' },
    messages: { ...common, id: id('msg'), conversation_id: id('cnv'), author: 'person', text: 't' },
    sessions: { ...common, id: id('ses'), conversation_id: id('cnv'), agent: 'x', resume: 'r' },
    workspaces: { ...common, conversation_id: id('cnv'), host: 'h', codebase_id: id('cbs'), directory: '/d' },
    tasks: {
      ...common,
      id: id('tsk'),
      agent: 'x',
      title: 't',
      prompt: 'p',
      lane: id('lane'),
      conversation_id: id('cnv'),
      codebase_id: id('cbs'),
      // Of no claim in these tests.
      run_at: new Date(Date.now() + 3_600_000),
    },
    artifacts: { ...common, ...task, id: id('art'), kind: 'k', name: 'n', content: Buffer.from('x') },
    usage: { ...common, ...task, ...tokens, attempt: 1, agent: 'x', basis: 'unknown' },
    model_calls: { ...common, ...task, ...tokens, id: id('mcl'), attempt: 2, agent: 'x', vendor: 'v', model: 'm' },
    // Else it is made with the first budget.
    budget_raises: { ...common, at: new Date() },
    budgets: { ...common, id: id('bud'), scope: 'task', key: id('tsk'), period: 'total', max_calls: 1 },
    schedules: {
      ...common,
      id: id('sch'),
      name: id('n'),
      cron: '0 9 * * *',
      prompt: 'p',
      agent: 'x',
      codebase_id: id('cbs'),
      last_task_id: id('tsk'),
      next_run_at: new Date(Date.now() + 3_600_000),
    },
    memories: {
      ...common,
      id: id('mmr'),
      codebase_id: id('cbs'),
      key: id('k'),
      text: 't',
      created_by_task: id('tsk'),
    },
    members: { ...common, id: id('mem'), name: 'n', role: 'member' },
    channels: { ...common, name: `${org.replace('_', '-')}-${n}`, kind: 'telegram' },
    channel_credentials: { ...common, ...channel, tenant: id('t'), sealed: Buffer.from('x') },
    identities: { ...common, ...channel, tenant: '', actor: id('u'), member_id: id('mem'), source: 'granted' },
    places: { ...common, ...channel, id: id('plc'), tenant: '', room: id('r'), thread: '' },
    place_conversations: { ...common, place_id: id('plc'), conversation_id: id('cnv'), is_current: true },
    codebase_commands: { ...common, codebase_id: id('cbs'), name: 'plan', path: 'plan.md' },
    inbox: { ...common, ...channel, id: id('inb'), key: id('k'), lane: 'l', event: '{}' },
    inbox_files: { ...common, inbox_id: id('inb'), n: 0, kind: 'image', name: 'n', media_type: 'image/png' },
    questions: {
      ...common,
      ...task,
      id: id('que'),
      conversation_id: id('cnv'),
      kind: 'question',
      title: 't',
      choices: '[]',
      free_text: true,
    },
    deliveries: { ...common, ...channel, ...task, id: id('dlv'), place_id: id('plc'), kind: 'text', status: 'sent' },
    task_steers: { ...common, ...task, text: 't' },
    link_codes: {
      ...common,
      code_hash: Buffer.from(id('c')),
      conversation_id: id('cnv'),
      expires_at: new Date(Date.now() + 3_600_000),
    },
    account_codes: {
      ...common,
      ...channel,
      name: 'n',
      code_hash: Buffer.from(id('a')),
      member_id: id('mem'),
      place_id: id('plc'),
      expires_at: new Date(Date.now() + 3_600_000),
    },
    code_guesses: { ...common, ...channel, tenant: '', actor: id('u'), wrong: 1 },
    audit_log: { ...common, actor: 'settings', action: 'member-added', subject: id('mem'), detail: '{}' },
    hooks: { ...common, id: id('hok'), name: 'n', scheme: 'github', codebase_id: id('cbs'), template: 't' },
    webhook_subscriptions: {
      ...common,
      ...task,
      id: id('whs'),
      place_id: id('plc'),
      url: 'https://example.com',
      events: ['task.completed'],
    },
  }
}

function insertion(table: string, row: Record<string, unknown>): [string, unknown[]] {
  const columns = Object.keys(row)
  const places = columns.map((_, n) => `$${n + 1}`)
  return [`insert into ${table} (${columns.join(', ')}) values (${places.join(', ')})`, Object.values(row)]
}

const insert = (db: Db, table: string, row: Record<string, unknown>) =>
  db.executeQuery(CompiledQuery.raw(...insertion(table, row)))

async function tenantTables(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class join pg_attribute on attrelid = pg_class.oid
      where relnamespace = 'drover'::regnamespace and relkind in ('r', 'p') and attname = 'org_id' order by 1`,
  )
  return rows.map((row) => row.name)
}

/** Each foreign key from one table of orgs to another: the column that is not the org, and what it points at. */
function foreignKeys(database: string) {
  return asAdmin(database, async (client) => {
    const { rows } = await client.query<{
      table: string
      column: string
      target: string
      targetColumn: string
      withOrg: boolean
    }>(
      `
      select source.relname as table, a.attname as column, target.relname as target, b.attname as "targetColumn",
             exists (select from unnest(conkey, confkey) as o (x, y)
                       join pg_attribute p on p.attrelid = conrelid and p.attnum = o.x and p.attname = 'org_id'
                       join pg_attribute q on q.attrelid = confrelid and q.attnum = o.y and q.attname = 'org_id') as "withOrg"
        from pg_constraint
        join pg_class source on source.oid = conrelid join pg_class target on target.oid = confrelid,
             unnest(conkey, confkey) as k (x, y)
        join pg_attribute a on a.attnum = k.x join pg_attribute b on b.attnum = k.y
       where contype = 'f' and source.relnamespace = 'drover'::regnamespace and target.relname <> all ($1)
         and a.attrelid = conrelid and b.attrelid = confrelid and a.attname <> 'org_id' order by 1, 2`,
      [WITHOUT_ORG],
    )
    return rows
  })
}

async function primaryKey(database: string, table: string): Promise<string[]> {
  const { rows } = await asAdmin(database, (client) =>
    client.query<{ name: string }>(
      `select attname as name from pg_index join pg_attribute on attrelid = indrelid and attnum = any (indkey)
        where indisprimary and indrelid = ('drover.' || $1)::regclass order by 1`,
      [table],
    ),
  )
  return rows.map((row) => row.name)
}

/** All that the catalog shows of ways around row security. */
async function findProblems(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ problem: string }>(
    `
    with relations as (
      select c.oid, relname, relkind, relrowsecurity and relforcerowsecurity as forced, relowner, relacl,
             exists (select from pg_attribute where attrelid = c.oid and attname = 'org_id') as of_org
        from pg_class c where relnamespace = 'drover'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f', 'S')),
    functions as (select * from pg_proc where pronamespace = 'drover'::regnamespace),
    roles as (select * from pg_roles where rolname in ('drover', 'drover_idle', 'drover_app', 'drover_system')),
    -- Who may what; without a list of its own an object has the default one, which opens functions to everybody.
    rights as (
      select relname as name, a.* from relations, aclexplode(coalesce(relacl, acldefault('r', relowner))) a where relkind <> 'S'
      union all select relname, a.* from relations, aclexplode(coalesce(relacl, acldefault('s', relowner))) a where relkind = 'S'
      union all select proname, a.* from functions, aclexplode(coalesce(proacl, acldefault('f', proowner))) a
      union all select nspname, a.* from pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) a where nspname = 'drover'),
    -- What drover_app may see: every policy that holds for it, or for all, must name the org of the row.
    policies as (
      select polrelid, bool_and(polpermissive and polcmd = '*'
               and pg_get_expr(polqual, polrelid) ~ '^\\(\\w+ = \\( SELECT current_setting\\(''drover.org_id''::text, true\\) AS current_setting\\)\\)$'
               and (polwithcheck is null or pg_get_expr(polwithcheck, polrelid) = pg_get_expr(polqual, polrelid))) as of_one_org
        from pg_policy where polroles && array[0, 'drover_app'::regrole::oid] group by 1)
    select relname || ': row security is not enabled and forced' as problem from relations
     where relkind in ('r', 'p') and not forced and (of_org or relname = 'orgs')
    union all select relname || ': no policy of one org' from relations left join policies on polrelid = oid
     where relkind in ('r', 'p') and (of_org or relname = 'orgs') and of_one_org is not true
    union all select relname || ': belongs to no org, and is not on the list' from relations
     where relkind in ('r', 'p', 'f') and not of_org and relname <> all ($1)
    union all select relname || ': a view sees what its owner sees' from relations where relkind in ('v', 'm')
    union all select proname || ': runs with the rights of its owner' from functions where prosecdef
    union all select name || ': ' || privilege_type || ' is granted to public' from rights where grantee = 0
    union all select name || ': drover_idle may ' || privilege_type from rights where grantee = 'drover_idle'::regrole and name <> 'drover'
    union all select 'drover_idle may use the schema' where has_schema_privilege('drover_idle', 'drover', 'usage')
    union all select name || ': ' || grantee::regrole || ' may ' || privilege_type from rights
     where name in ('task_events', 'audit_log') and privilege_type in ('UPDATE', 'DELETE', 'TRUNCATE')
       and grantee not in (0, (select relowner from relations where relname = name))
    union all select relname || ': belongs to ' || relowner::regrole from relations
     where relowner <> 'drover'::regrole
    union all select rolname || ' may pass row security' from roles where rolsuper or rolbypassrls
    union all select rolname || ' may log in' from roles where rolcanlogin and rolname <> 'drover'
    union all select member::regrole || ' is a member of ' || roleid::regrole from pg_auth_members
     where member in (select oid from roles where rolname <> 'drover')
    order by 1`,
    [WITHOUT_ORG],
  )
  return rows.map((row) => row.problem)
}
