import { openDatabase, type Database } from '../../../src/db/connect.ts'
import { asOrg, asSystem, type Db } from '../../../src/db/scope.ts'
import { newestEvents, readEvents } from '../../../src/events/store.ts'
import { DEFAULT_ORG } from '../../../src/orgs/org.ts'
import { countTasks, listTasks } from '../../../src/tasks/store.ts'
import { drover } from '../candidates/drover.ts'
import type { Bench, Figure, Measurement } from '../measurement.ts'
import { percentile } from '../statistics.ts'

const EVENTS_A_TASK = 10
const TASKS_A_CONVERSATION = 20
const ASKED = 40
const CHUNK = 50_000
const task = (n: number) => `tsk_${String(n).padStart(26, '0')}`

/** Drover only: what people and programs look at while a lot lies in the tables. */
export const lists: Measurement = {
  name: 'lists',
  title: 'List queries, p95 of 40, with many tasks and ten times as many events',
  async run(bench) {
    const fresh = await bench.server.createDatabase()
    const database = await openDatabase({ url: fresh.url, folder: '/nowhere', onWarning: console.warn })
    try {
      await fill(bench, fresh.url)
      return await ask(database, bench.sizes.listed)
    } finally {
      await database.close()
      await fresh.drop()
    }
  },
}

/** Past the triggers: a million tasks through the front door would take half an hour. One in a hundred is open. */
async function fill({ server, sizes }: Bench, url: string) {
  const tasks = sizes.listed
  for (let from = 0; from < tasks; from += CHUNK) {
    const upTo = Math.min(tasks, from + CHUNK) - 1
    await server.query(
      { url },
      `set session_replication_role = replica;
       set search_path = drover;
       insert into conversations (id, org_id, title, agent)
       select 'cnv_' || lpad(n::text, 26, '0'), '${DEFAULT_ORG}', 'A conversation', 'scripted'
         from generate_series(${from / TASKS_A_CONVERSATION}, ${Math.floor(upTo / TASKS_A_CONVERSATION)}) n on conflict do nothing;
       insert into tasks (id, org_id, place, status, agent, conversation_id, title, prompt, result, last_event, finished_at)
       select 'tsk_' || lpad(n::text, 26, '0'), '${DEFAULT_ORG}', n,
              case when n % 100 = 0 then 'pending' when n % 7 = 0 then 'failed' else 'completed' end,
              (array['claude', 'codex', 'scripted'])[1 + n % 3], 'cnv_' || lpad((n / ${TASKS_A_CONVERSATION})::text, 26, '0'),
              'Mend the build', repeat('Mend the build of this. ', 10), '{"text": "Done", "durationMs": 1}',
              ${EVENTS_A_TASK}, case when n % 100 = 0 then null else now() end
         from generate_series(${from}, ${upTo}) n;
       insert into task_events (task_id, seq, org_id, attempt, type, data)
       select 'tsk_' || lpad(n::text, 26, '0'), e, '${DEFAULT_ORG}', 1, 'text', '{"text": "A piece of what the agent says."}'
         from generate_series(${from}, ${upTo}) n, generate_series(1, ${EVENTS_A_TASK}) e;`,
    )
  }
  await server.query({ url }, 'vacuum (analyze)')
}

async function ask(database: Database, tasks: number): Promise<Figure[]> {
  const middle = task(Math.floor(tasks / 2))
  const conversationId = `cnv_${String(Math.floor(tasks / TASKS_A_CONVERSATION / 2)).padStart(26, '0')}`
  const list = (filter: Partial<Parameters<typeof listTasks>[2]>) => (db: Db) =>
    listTasks(db, DEFAULT_ORG, { limit: 50, ...filter })
  const queries: Record<string, (db: Db) => Promise<unknown>> = {
    'the newest 50': list({}),
    '50 from the middle': list({ before: middle }),
    'the newest 50 that failed': list({ status: ['failed'] }),
    'the newest 50 that are open': list({ status: ['queued', 'scheduled', 'pending', 'running', 'waiting'] }),
    '50 open ones where there are none': list({ status: ['waiting'] }),
    'the newest 50 of an agent': list({ agent: 'codex' }),
    'those of a codebase that has none': list({ codebaseId: 'cbs_none' }),
    '50 of an agent that has none': list({ agent: 'nobody' }),
    'those of a conversation': list({ conversationId }),
    'all events of a task': (db) => readEvents(db, middle, 0, 500),
    'the newest event of 100 tasks': (db) =>
      newestEvents(
        db,
        Array.from({ length: 100 }, (_, n) => task(n * 50)),
      ),
  }
  const figures: Figure[] = []
  for (const [label, query] of Object.entries(queries))
    figures.push(figure(label, await timed(() => asOrg(database, DEFAULT_ORG, query))))
  figures.push(figure('how many are in each state (metrics)', await timed(() => asSystem(database, countTasks))))
  return figures
}

async function timed(query: () => Promise<unknown>): Promise<number> {
  const took: number[] = []
  for (let n = 0; n < ASKED; n++) {
    const startedAt = performance.now()
    await query()
    took.push(performance.now() - startedAt)
  }
  return percentile(took, 95)
}

const figure = (label: string, ms: number): Figure => ({ label, unit: 'ms', candidate: drover.name, rounds: [ms] })
