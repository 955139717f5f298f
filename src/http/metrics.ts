import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Database } from '../db/connect.ts'
import { asSystem } from '../db/scope.ts'
import { countTasks } from '../tasks/store.ts'
import { listWorkers } from '../tasks/worker-store.ts'

export interface Metrics {
  readonly contentType: string
  noteRequest(request: { route: string; method: string; status: number; seconds: number }): void
  /** In Prometheus' text format. Counts tasks and workers now: of the whole installation, over all orgs. */
  text(): Promise<string>
}

export function createMetrics(database: Database, version: string): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const durations = new Histogram({
    name: 'drover_http_request_seconds',
    help: 'How long requests took, until their answer began',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  })
  const tasks = new Gauge({ name: 'drover_tasks', help: 'Open tasks by state', labelNames: ['status'], registers })
  const workers = new Gauge({ name: 'drover_workers', help: 'Workers heard of within the last minute', registers })
  new Gauge({ name: 'drover_info', help: 'Which version runs', labelNames: ['version'], registers }).set({ version }, 1)

  return {
    contentType: registry.contentType,
    noteRequest({ seconds, method, route, status }) {
      durations.observe({ method, route, status }, seconds)
    },
    async text() {
      const now = await asSystem(database, async (db) => ({
        tasks: await countTasks(db),
        workers: await listWorkers(db, { alive: true }),
      }))
      for (const { status, count } of now.tasks) tasks.set({ status }, count)
      workers.set(now.workers.length)
      return registry.metrics()
    },
  }
}
