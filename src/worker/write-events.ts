import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '../db/connect.ts'
import { asSystem } from '../db/scope.ts'
import { saveArtifact } from '../events/artifact-store.ts'
import type { LoggedEvent } from '../events/event.ts'
import { appendEvents } from '../events/store.ts'
import type { Run } from '../tasks/task.ts'

/** Between two writes: a person sees no difference, and a token stream becomes forty rows a second instead of a thousand. */
const PAUSE_MS = 25

export interface EventWriter {
  write(event: LoggedEvent): void
  /** Settles when all that was written is in the log. Rejects with what kept it out, LeaseLost among others. */
  flush(): Promise<void>
}

/**
 * Appends a run's events in order: the first at once, those that come meanwhile together. `onBroken` is called once, when
 * the log takes no more of this run; the run has to stop then.
 */
export function createEventWriter(database: Database, run: Run, onBroken: (error: unknown) => void): EventWriter {
  let waiting: LoggedEvent[] = []
  let writing: Promise<void> | undefined
  let broken: { error: unknown } | undefined

  async function drain(): Promise<void> {
    while (waiting.length > 0 && !broken) {
      const batch = joinText(waiting)
      waiting = []
      try {
        await asSystem(database, async (db) => {
          const events = []
          for (const event of batch) {
            if (event.type !== 'tool' || event.fullOutput === undefined) {
              events.push(event)
              continue
            }
            const { fullOutput, ...kept } = event
            events.push({
              ...kept,
              artifactId: await saveArtifact(db, run, {
                kind: 'tool-output',
                name: `${event.id}.txt`,
                content: fullOutput,
              }),
            })
          }
          await appendEvents(db, run, events)
        })
      } catch (error) {
        broken = { error }
        onBroken(error)
      }
      await sleep(PAUSE_MS)
    }
    writing = undefined
  }

  return {
    write(event) {
      waiting.push(event)
      writing ??= drain()
    },
    async flush() {
      await writing
      if (broken) throw broken.error
    },
  }
}

/** Neighbouring pieces of text become one. */
function joinText(events: readonly LoggedEvent[]): LoggedEvent[] {
  const joined: LoggedEvent[] = []
  for (const event of events) {
    const last = joined.at(-1)
    if (last && (event.type === 'text' || event.type === 'thought') && last.type === event.type) {
      joined[joined.length - 1] = { ...last, text: last.text + event.text }
    } else joined.push(event)
  }
  return joined
}
