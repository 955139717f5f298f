import { sql } from 'kysely'
import { expect, test, vi } from 'vitest'
import { claim, enqueue, statusOf, system } from '../../test/queue-fixtures.ts'
import { openTestDb, type TestDatabase } from '../../test/test-db.ts'
import { addCodebase } from '../codebases/store.ts'
import { asOrg } from '../db/scope.ts'
import { createLog } from '../lib/log.ts'
import { ownIdentity } from '../lib/process-identity.ts'
import { DEFAULT_ORG } from '../orgs/org.ts'
import { createSchedule, listSchedules } from '../schedules/store.ts'
import { listTasks, cancelTask } from '../tasks/store.ts'
import { listWorkers, registerWorker } from '../tasks/worker-store.ts'
import { startUpkeep } from './upkeep.ts'

const never = async (): Promise<never> => {
  throw new Error('not called')
}

function upkeepOn(database: TestDatabase) {
  const log = createLog({ level: 'silent', pretty: false, secrets: {} })
  return startUpkeep({
    database,
    log,
    workspaces: { open: never, inspect: never, remove: never },
    host: 'here',
    workspaceIdleDays: 7,
  })
}

test('a schedule that is due starts one task, however many processes look, and missed runs are made up for once', async () => {
  await using db = await openTestDb()
  await asOrg(db, DEFAULT_ORG, async (db) => {
    const codebase = await addCodebase(db, { orgId: DEFAULT_ORG, name: 'app', url: '/app', defaultBranch: 'main' })
    const line = { cron: '*/5 * * * *', timezone: 'UTC', prompt: 'say hourly', agent: 'scripted' }
    await createSchedule(db, { orgId: DEFAULT_ORG, name: 'often', codebaseId: codebase.id, ...line })
  })
  await system(db, (db) => sql`update schedules set next_run_at = now() - interval '3 hours'`.execute(db))
  const several = Array.from({ length: 4 }, () => upkeepOn(db))
  await vi.waitFor(async () => expect((await system(db, listSchedules))[0]?.lastTaskId).toBeTruthy(), 20_000)
  await Promise.all(several.map((one) => one.stop()))

  const tasks = await system(db, (db) => listTasks(db, DEFAULT_ORG, { limit: 10 }))
  expect(tasks).toHaveLength(1)
  const [schedule] = await system(db, listSchedules)
  expect(schedule).toMatchObject({ lastTaskId: tasks[0]?.id })
  expect(schedule?.nextRunAt.getTime()).toBeGreaterThan(Date.now() - 60_000)
})

test('a worker of this machine whose process is gone is buried at once, not when its leases run out', async () => {
  await using db = await openTestDb()
  const gone = {
    ...(await ownIdentity()),
    startedAt: 'another start',
    types: ['general'],
    concurrency: 1,
    version: '0',
  }
  const worker = await system(db, (db) => registerWorker(db, gone))
  const { id } = await enqueue(db)
  await claim(db, 1, { worker, leaseSeconds: 3_600 })
  const upkeep = upkeepOn(db)
  await vi.waitFor(async () => expect(await statusOf(db, id)).toBe('pending'), 20_000)
  await upkeep.stop()
  expect(await system(db, (db) => listWorkers(db, { alive: false }))).toEqual([])
})

test('a worker of another machine is left alone: only its lease says that it is dead', async () => {
  await using db = await openTestDb()
  const elsewhere = {
    host: 'far-away',
    bootId: 'other',
    pid: 1,
    startedAt: '1',
    types: ['general'],
    concurrency: 1,
    version: '0',
  }
  const worker = await system(db, (db) => registerWorker(db, elsewhere))
  const kept = await enqueue(db)
  await claim(db, 1, { worker, leaseSeconds: 3_600 })
  const upkeep = upkeepOn(db)
  // Something else that upkeep does in each round, behind the burials: then the round has been made.
  const parent = await enqueue(db)
  const child = await enqueue(db, { parentId: parent.id })
  await system(db, (db) => cancelTask(db, parent.id))
  await vi.waitFor(async () => expect(await statusOf(db, child.id)).toBe('cancelled'), 20_000)
  await upkeep.stop()
  expect(await statusOf(db, kept.id)).toBe('running')
  expect(await system(db, (db) => listWorkers(db, { alive: false }))).toHaveLength(1)
})

test('children of a cancelled parent are cancelled', async () => {
  await using db = await openTestDb()
  const parent = await enqueue(db)
  const child = await enqueue(db, { parentId: parent.id })
  await system(db, (db) => cancelTask(db, parent.id))
  const upkeep = upkeepOn(db)
  await vi.waitFor(async () => expect(await statusOf(db, child.id)).toBe('cancelled'), 20_000)
  await upkeep.stop()
})
