import type { Candidate, Queue, Shape } from './candidates/candidate.ts'
import type { Sizes } from './options.ts'
import type { Server } from './server.ts'

export interface Bench {
  server: Server
  sizes: Sizes
  candidates: readonly Candidate[]
}

export type Unit = '/s' | 'ms' | 's' | 'MB' | 'count'

export interface Sample {
  label: string
  unit: Unit
  value: number
}

/** One line of one candidate, over all rounds. A text in place of figures says why there are none. */
export interface Figure {
  label: string
  unit: Unit
  candidate: string
  rounds: number[] | string
}

export interface Measurement {
  name: string
  title: string
  run(bench: Bench): Promise<Figure[]>
}

/** Each candidate once a round, in another order every round: a slow minute of the machine then hits all of them. */
export async function inRounds(
  candidates: readonly Candidate[],
  rounds: number,
  measure: (candidate: Candidate) => Promise<Sample[]>,
): Promise<Figure[]> {
  const figures = new Map<string, Figure & { rounds: number[] }>()
  for (let round = 0; round < rounds; round++) {
    const first = round % Math.max(1, candidates.length)
    for (const candidate of [...candidates.slice(first), ...candidates.slice(0, first)]) {
      for (const { label, unit, value } of await measure(candidate)) {
        const key = `${candidate.name}\n${label}`
        const figure = figures.get(key) ?? { label, unit, candidate: candidate.name, rounds: [] }
        figure.rounds.push(value)
        figures.set(key, figure)
      }
    }
  }
  return [...figures.values()]
}

/** A candidate on a new database of its own, both gone afterwards. */
export async function onFreshQueue<T>(
  { server }: Pick<Bench, 'server'>,
  candidate: Candidate,
  shape: Shape,
  work: (queue: Queue, url: string) => Promise<T>,
): Promise<T> {
  const database = await server.createDatabase()
  try {
    const queue = await candidate.open(database.url, shape)
    try {
      return await work(queue, database.url)
    } finally {
      await queue.close()
    }
  } finally {
    await database.drop()
  }
}
