import { parseArgs } from 'node:util'

export interface Options {
  quick: boolean
  /** Names of measurements; empty: all. */
  only: string[]
  jsonFile: string | undefined
  help: boolean
}

export const USAGE = `npm run bench -- [--quick] [--only NAME]... [--json FILE]

  --quick      small sizes and one round: shows that it runs, its figures mean little
  --only NAME  one measurement; may be given more than once
  --json FILE  writes every round's figure there`

/** Throws a TypeError that names the option that is wrong. */
export function readOptions(argv: string[]): Options {
  const { values } = parseArgs({
    args: argv,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  return { quick: values.quick, only: values.only, jsonFile: values.json, help: values.help }
}

/** How much of everything. Each is large enough that a round takes seconds, and small enough that all of it takes some twenty minutes. */
export interface Sizes {
  rounds: number
  enqueued: number
  pickups: number
  drained: number
  drainedInLanes: number
  drainedInGroups: number
  /** Waiting rows at which a claim is timed, ascending. */
  waiting: number[]
  claims: number
  events: number
  /** Tasks in the tables when lists are asked for; ten times as many events. */
  listed: number
  /** Conversations that are open at once, and how many of them run. */
  crowd: { conversations: number; running: number }
  /** Messages one after the other, and people who write at the same moment. */
  talk: { alone: number; together: number }
  /** Posts, at a pace. */
  webhooks: { perSecond: number; count: number }
  idleMs: number
}

export const FULL: Sizes = {
  rounds: 3,
  enqueued: 3_000,
  pickups: 200,
  drained: 3_000,
  drainedInLanes: 2_000,
  drainedInGroups: 2_000,
  waiting: [1_000, 100_000, 1_000_000],
  claims: 40,
  events: 200,
  listed: 1_000_000,
  crowd: { conversations: 1_000, running: 100 },
  talk: { alone: 50, together: 1_000 },
  webhooks: { perSecond: 200, count: 3_000 },
  idleMs: 15_000,
}

export const QUICK: Sizes = {
  rounds: 1,
  enqueued: 400,
  pickups: 30,
  drained: 600,
  drainedInLanes: 400,
  drainedInGroups: 400,
  waiting: [1_000, 10_000],
  claims: 20,
  events: 40,
  listed: 20_000,
  crowd: { conversations: 30, running: 10 },
  talk: { alone: 5, together: 30 },
  webhooks: { perSecond: 200, count: 400 },
  idleMs: 3_000,
}
