import type { TaskEvent } from '../events/event.ts'

/** What an agent has said so far in its present attempt: finished blocks, and the one that grows. */
export interface Growth {
  /** The newest event in it. */
  seq: number
  attempt: number
  done: string[]
  growing: string
}

/** Goes on with `before`; events that are in it already change nothing. A new attempt begins anew. A block ends where the agent turns to a tool. */
export function growAnswer(before: Growth | undefined, events: readonly TaskEvent[]): Growth {
  let growth: Growth = before ?? { seq: 0, attempt: 0, done: [], growing: '' }
  for (const { seq, attempt, event } of events) {
    if (seq <= growth.seq) continue
    const { done, growing } = attempt > growth.attempt ? { done: [], growing: '' } : growth
    if (event.type === 'text') growth = { seq, attempt, done, growing: growing + event.text }
    else if (event.type === 'tool' && growing.trim() !== '')
      growth = { seq, attempt, done: [...done, growing], growing: '' }
    else growth = { seq, attempt, done, growing }
  }
  return growth
}

/** All that was said, block by block. */
export const blocksOf = ({ done, growing }: Growth) => (growing.trim() === '' ? done : [...done, growing])
