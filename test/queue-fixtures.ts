import { asOrg, asSystem, type Db } from '../src/db/scope.ts'
import type { Database } from '../src/db/connect.ts'
import { DEFAULT_ORG } from '../src/orgs/org.ts'
import { claimTasks, enqueueTask, findTask, type NewTask } from '../src/tasks/store.ts'
import { runOf, type Run, type Task } from '../src/tasks/task.ts'

/** A task with nothing special about it. */
export function enqueue(database: Database, task: Partial<NewTask> = {}): Promise<Task> {
  const orgId = task.orgId ?? DEFAULT_ORG
  return asOrg(database, orgId, (db) => enqueueTask(db, { agent: 'scripted', title: 't', prompt: 'p', ...task, orgId }))
}

export function claim(
  database: Database,
  count = 1,
  options: { worker?: string; type?: string; leaseSeconds?: number } = {},
): Promise<Task[]> {
  const { worker = 'wrk_1', type = 'general', leaseSeconds = 60 } = options
  return asSystem(database, (db) => claimTasks(db, { id: worker, type, count, leaseSeconds }))
}

/** Claims one, and returns what its writes have to name. */
export async function claimRun(database: Database): Promise<Run> {
  const [task] = await claim(database)
  if (!task) throw new Error('nothing to claim')
  return runOf(task)
}

export const system = <T>(database: Database, work: (db: Db) => Promise<T>) => asSystem(database, work)

export async function statusOf(database: Database, id: string): Promise<string | undefined> {
  return (await asSystem(database, (db) => findTask(db, id)))?.status
}
