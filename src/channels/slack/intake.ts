import { setTimeout as sleep } from 'node:timers/promises'
import type { ChannelHost, Inbound } from '../channel.ts'
import { botUserOf, parseEnvelope } from './parse-event.ts'
import type { People } from './people.ts'
import type { Workspaces } from './workspaces.ts'

export interface Intake {
  /** Stores what a delivery of Slack's holds. Returns what to answer. Throws where it cannot be stored: then it may not be acknowledged. */
  take(type: string, body: unknown): Promise<Reply | undefined>
  /** Stores one thing that was said, whoever found it. */
  store(event: Inbound): Promise<void>
  /** What is said from now on waits for this, so that it comes after what was said before. Not for long: Slack waits for an answer. */
  comesAfter(work: Promise<void>): void
}

/** What the person who typed a command sees at once. */
interface Reply {
  response_type: 'ephemeral'
  text: string
}

/** Slack gives 3 seconds, the way there and back included. */
const BUDGET_MS = 2500
const PAUSES_MS = [100, 300, 600]
const BEFORE_MS = 1500

interface Parts {
  take: ChannelHost['take']
  workspaces: Workspaces
  people: People
  /** Something new is stored. */
  onStored(event: Inbound): void
  /** Slack delivers it a few times more; when that ends before the database is back, only the history has it. */
  onRefused(event: Inbound): void
}

export function createIntake({ take, workspaces, people, onStored, onRefused }: Parts): Intake {
  let before: Promise<unknown> = Promise.resolve()

  async function store(event: Inbound) {
    const { id } = event.actor
    const name = await people.nameOf(event.place.tenant, id)
    // Commands and buttons bring a handle, which is better than an id.
    await take(name === id ? event : { ...event, actor: { ...event.actor, name } })
    onStored(event)
  }

  /** Once more, as long as Slack still waits: most of what stands in the way is short. */
  async function storeInTime(event: Inbound) {
    const until = Date.now() + BUDGET_MS
    await before
    for (const pauseMs of [...PAUSES_MS, undefined]) {
      try {
        return await store(event)
      } catch (error) {
        if (pauseMs === undefined || Date.now() + pauseMs > until) {
          onRefused(event)
          throw error
        }
        await sleep(pauseMs)
      }
    }
  }

  return {
    store,
    async take(type, body) {
      const botUser = type === 'events_api' && !botUserOf(body) ? await botUserIn(body, workspaces) : undefined
      const parsed = parseEnvelope(type, body, { now: new Date().toISOString(), botUser })
      if (parsed.type !== 'ignored') await storeInTime(parsed)
      return type === 'slash_commands' ? { response_type: 'ephemeral', text: 'On it.' } : undefined
    },
    comesAfter(work) {
      before = Promise.race([work.catch(() => undefined), sleep(BEFORE_MS, undefined, { ref: false })])
    },
  }
}

async function botUserIn(body: unknown, workspaces: Workspaces): Promise<string | undefined> {
  const team = typeof body === 'object' && body !== null && 'team_id' in body ? body.team_id : undefined
  if (typeof team !== 'string') return undefined
  return (await workspaces.of(team).catch(() => undefined))?.botUser
}
