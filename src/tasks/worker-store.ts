import { sql } from 'kysely'
import type { Db } from '../db/scope.ts'
import { newId, type Id } from '../lib/ids.ts'
import type { ProcessIdentity } from '../lib/process-identity.ts'

export interface Worker extends ProcessIdentity {
  id: Id<'worker'>
  types: string[]
  concurrency: number
  version: string
  registeredAt: Date
  heartbeatAt: Date
  draining: boolean
}

/** Makes a row for this process, and for each worker type that nobody offered before. */
export async function registerWorker(
  db: Db,
  worker: ProcessIdentity & Pick<Worker, 'types' | 'concurrency' | 'version'>,
): Promise<Id<'worker'>> {
  const id = newId('worker')
  await db
    .insertInto('worker_types')
    .values(worker.types.map((name) => ({ name })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  await db
    .insertInto('workers')
    .values({
      id,
      host: worker.host,
      boot_id: worker.bootId,
      pid: worker.pid,
      process_started: worker.startedAt,
      types: worker.types,
      concurrency: worker.concurrency,
      version: worker.version,
    })
    .execute()
  return id
}

export async function noteWorkerAlive(db: Db, id: string): Promise<void> {
  await db
    .updateTable('workers')
    .set({ heartbeat_at: sql<Date>`now()` })
    .where('id', '=', id)
    .execute()
}

export async function noteWorkerDraining(db: Db, id: string): Promise<void> {
  await db.updateTable('workers').set({ draining: true }).where('id', '=', id).execute()
}

export async function noteWorkerStopped(db: Db, id: string): Promise<void> {
  await db
    .updateTable('workers')
    .set({ stopped_at: sql<Date>`now()` })
    .where('id', '=', id)
    .execute()
}

/** Not stopped, and heard of within the last minute; or all that have not said that they stopped. */
export async function listWorkers(db: Db, { alive }: { alive: boolean }): Promise<Worker[]> {
  let query = db.selectFrom('workers').selectAll().where('stopped_at', 'is', null).orderBy('id')
  if (alive) query = query.where('heartbeat_at', '>', sql<Date>`now() - interval '1 minute'`)
  return (await query.execute()).map((row) => ({
    id: row.id as Id<'worker'>,
    host: row.host,
    bootId: row.boot_id,
    pid: row.pid,
    startedAt: row.process_started,
    types: row.types,
    concurrency: row.concurrency,
    version: row.version,
    registeredAt: row.started_at,
    heartbeatAt: row.heartbeat_at,
    draining: row.draining,
  }))
}

/** Its leases end now: whoever knows that it is dead need not wait for them. */
export async function declareWorkerDead(db: Db, id: string): Promise<void> {
  await sql`update tasks set lease_expires_at = now() - interval '1 second' where status = 'running' and worker_id = ${id}`.execute(
    db,
  )
  await noteWorkerStopped(db, id)
}

export async function workerTypeExists(db: Db, name: string): Promise<boolean> {
  return (await db.selectFrom('worker_types').select('name').where('name', '=', name).executeTakeFirst()) !== undefined
}
