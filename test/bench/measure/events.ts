import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase, type Database } from '../../../src/db/connect.ts'
import { asOrg, asSystem } from '../../../src/db/scope.ts'
import { readEvents } from '../../../src/events/store.ts'
import { DEFAULT_ORG } from '../../../src/orgs/org.ts'
import { claimTasks, enqueueTask } from '../../../src/tasks/store.ts'
import { runOf } from '../../../src/tasks/task.ts'
import { createEventWriter } from '../../../src/worker/write-events.ts'
import { drover } from '../candidates/drover.ts'
import { inRounds, type Bench, type Measurement } from '../measurement.ts'
import { latencies } from '../statistics.ts'

const GIVE_UP_MS = 10_000

/** Drover only: the others have no log of a job. */
export const events: Measurement = {
  name: 'events',
  title: 'Events: from the agent’s event to a reader that listens and reads',
  run: (bench) =>
    inRounds([drover], bench.sizes.rounds, async () => [
      ...latencies(await appendAndRead(bench, { pauseMs: 60 }), 'one event at a time, '),
      ...latencies(await appendAndRead(bench, { pauseMs: 4 }), 'a stream of 250 pieces of text a second, '),
    ]),
}

async function appendAndRead({ server, sizes }: Bench, { pauseMs }: { pauseMs: number }): Promise<number[]> {
  const fresh = await server.createDatabase()
  const database = await openDatabase({ url: fresh.url, folder: '/nowhere', onWarning: console.warn })
  try {
    const run = await claimedRun(database)
    const writtenAt: number[] = []
    const took: number[] = []
    const reader = readAll(database, run.taskId, (number) => {
      const at = writtenAt[number]
      if (at !== undefined) took.push(performance.now() - at)
    })
    const writer = createEventWriter(database, run, (error) => console.error(error))
    for (let number = 0; number < sizes.events; number++) {
      writtenAt.push(performance.now())
      // Pieces of text are joined on their way: each number ends with a space.
      writer.write({ type: 'text', text: `${number} ` })
      await sleep(pauseMs)
    }
    for (let waited = 0; took.length < sizes.events && waited < GIVE_UP_MS; waited += 50) await sleep(50)
    await writer.flush()
    reader.stop()
    if (took.length < sizes.events) throw new Error(`${sizes.events - took.length} events never reached the reader`)
    return took
  } finally {
    await database.close()
    await fresh.drop()
  }
}

async function claimedRun(database: Database) {
  await asOrg(database, DEFAULT_ORG, (db) =>
    enqueueTask(db, { orgId: DEFAULT_ORG, agent: 'scripted', title: 'Talk', prompt: 'Talk' }),
  )
  const [task] = await asSystem(database, (db) =>
    claimTasks(db, { id: 'wrk_bench', type: 'general', count: 1, leaseSeconds: 600 }),
  )
  if (!task) throw new Error('nothing to claim')
  return runOf(task)
}

/** Reads after each NOTIFY of this task; one that comes during a read is followed by another read. */
function readAll(database: Database, taskId: string, onNumber: (number: number) => void) {
  let after = 0
  let again = false
  let reading = false
  async function read() {
    if (reading) {
      again = true
      return
    }
    reading = true
    do {
      again = false
      for (const { seq, event } of await asOrg(database, DEFAULT_ORG, (db) => readEvents(db, taskId, after, 500))) {
        after = seq
        if (event.type === 'text') event.text.trim().split(' ').map(Number).forEach(onNumber)
      }
    } while (again)
    reading = false
  }
  const stop = database.listener.on('drover_events', (id) => {
    if (id === undefined || id === taskId) void read()
  })
  return { stop }
}
