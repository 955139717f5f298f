import type { Running } from '../../../src/lib/running.ts'

/** What a queue must know of order and limits before its first job: none; one at a time in a lane; so many at once in a group. */
export type Shape = 'plain' | 'lanes' | 'groups'

export interface Job {
  number: number
  lane?: string
  group?: string
}

/** How many of a group may run at once in the shape `groups`. */
export const GROUP_LIMIT = 2
/** The group that has room without end. */
export const FREE_GROUP = 'free'
/** Connections that each candidate may use: what Drover's service takes with ten handlers. */
export const POOL_SIZE = 16

export interface Candidate {
  name: string
  shapes: readonly Shape[]
  /** On an empty database. */
  open(url: string, shape: Shape): Promise<Queue>
}

export interface Queue {
  /** One job as the product would add it: committed when it returns. */
  add(job: Job): Promise<void>
  /** The quickest way to many waiting jobs, in this order. */
  addMany(jobs: readonly Job[]): Promise<void>
  /** What has to pass after `addMany` until a worker works at full speed. */
  settle(): Promise<void>
  /** As the product would run it. */
  work(handlers: number, handle: (job: Job) => Promise<void>): Promise<Running>
  /** One claim of one job, as a worker makes it. Undefined: there is none that may run. */
  claim(): Promise<Claim | undefined>
  close(): Promise<void>
}

export interface Claim {
  job: Job
  complete(): Promise<void>
}
