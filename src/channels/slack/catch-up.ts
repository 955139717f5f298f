import { setTimeout as sleep } from 'node:timers/promises'
import { ChannelError, type ChannelHost } from '../channel.ts'
import type { Call } from './call.ts'
import type { Intake } from './intake.ts'
import type { Heard, LastHeard } from './last-heard.ts'
import { isDirectMessage, parseEvent } from './parse-event.ts'
import type { Workspaces } from './workspaces.ts'

interface Parts {
  heard: LastHeard
  intake: Pick<Intake, 'store'>
  host: Pick<ChannelHost, 'readCursor' | 'saveCursor' | 'log'>
  workspaces: Workspaces
  call: Call
}

export interface CatchUp {
  /** We were away: all places where people spoke to us lately are in doubt. */
  begin(): void
  /** Reads again what may be missing. Throws while it cannot be stored. */
  run(signal: AbortSignal): Promise<void>
  /** Stores how far we are, where that has changed. */
  save(): Promise<void>
}

/** What we look at before it is parsed. */
interface Message {
  ts?: string
  reply_count?: number
}

/** What Slack gives internal apps; apps that are distributed get 15, and one call a minute. */
const PAGE = 200
const MOST_PAGES = 20
const TRIES = 5
const LONGEST_WAIT_MS = 90_000

/** Slack delivers an event again for some minutes only. What was said while we were away for longer stands in its history. */
export function createCatchUp({ heard, intake, host, workspaces, call }: Parts): CatchUp {
  let savedVersion = heard.version()

  async function follow(place: Heard, signal: AbortSignal) {
    try {
      const { botUser, token } = await workspaces.of(place.team)
      for (const event of await readSince(place, token, signal)) {
        const parsed = parseEvent({ team_id: place.team, event }, botUser)
        if (parsed.type === 'ignored') continue
        await intake.store(parsed)
        const { tenant: team, room, thread } = parsed.place
        if (event.reply_count) heard.doubt({ team, room, thread })
      }
      heard.settle(place)
    } catch (error) {
      // Else it is not Slack's: the database is away.
      if (!(error instanceof ChannelError)) throw error
      if (signal.aborted) return
      host.log(`Slack: what was said in ${place.room} meanwhile cannot be read: ${error.message}`)
      if (error.kind === 'gone') heard.drop(place)
    }
  }

  /** Oldest first, in the form of events. */
  async function readSince({ room, thread, ts }: Heard, token: string, signal: AbortSignal) {
    const found: Message[] = []
    let cursor = ''
    for (let page = 0; page < MOST_PAGES; page++) {
      const wish = { channel: room, oldest: ts, limit: PAGE, ...(cursor !== '' && { cursor }) }
      const { messages = [], response_metadata: next } = await patiently(signal, () =>
        call<{ messages?: Message[]; response_metadata?: { next_cursor?: string } }>(
          token,
          (web) =>
            thread === '' ? web.conversations.history(wish) : web.conversations.replies({ ...wish, ts: thread }),
          signal,
        ),
      )
      found.push(...messages)
      cursor = next?.next_cursor ?? ''
      if (cursor === '') break
    }
    if (cursor !== '') host.log(`Slack: in ${room} more was said meanwhile than can be read again.`)
    const channelType = isDirectMessage(room) ? 'im' : 'channel'
    return (
      found
        .map((message) => ({ type: 'message', channel: room, channel_type: channelType, ...message }))
        // The head of a thread comes with its replies, whatever their time.
        .filter((message) => (message.ts ?? '') > ts)
        .toSorted((a, b) => ((a.ts ?? '') < (b.ts ?? '') ? -1 : 1))
    )
  }

  return {
    begin: heard.doubtAll,
    async run(signal) {
      heard.merge(await host.readCursor())
      // Rooms first: what is found there may have gone on in a thread.
      for (const isThread of [false, true])
        for (const place of heard.doubtful())
          if ((place.thread !== '') === isThread && !signal.aborted) await follow(place, signal)
    },
    async save() {
      if (heard.version() === savedVersion) return
      // Several processes may listen: nobody takes away what another has noted.
      heard.merge(await host.readCursor())
      const version = heard.version()
      await host.saveCursor(heard.cursor())
      savedVersion = version
    },
  }
}

async function patiently<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask()
    } catch (error) {
      const isPassing = error instanceof ChannelError && (error.kind === 'rate' || error.kind === 'transient')
      if (!isPassing || tries === TRIES || signal.aborted) throw error
      await sleep(Math.min(error.retryAfterMs ?? tries * 1000, LONGEST_WAIT_MS), undefined, { signal }).catch(
        () => undefined,
      )
    }
  }
}
