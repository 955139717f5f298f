import type { Api } from 'grammy'
import { messageOf } from '../../lib/errors.ts'
import type { Running } from '../../lib/running.ts'
import type { ChannelHost } from '../channel.ts'
import { call, isConflict } from './call.ts'
import { createHealth, introduce, pause, reasonOf, UPDATES, waitAfter } from './connection.ts'
import type { Me } from './parse-update.ts'
import type { Taker } from './take-update.ts'

/** How long Telegram holds a request when there is nothing to say, and how much longer we wait for it. */
const HOLD_SECONDS = 25
const GRACE_MS = 15_000
/** Where a proxy does not hold the request, and where a turn ends at once: not to ask without end. */
const SHORT_PAUSE_MS = 100

export interface PollParts {
  api: Api
  host: ChannelHost
  taker: Taker
}

/**
 * Asks Telegram what was said, in one process of all at a time: Telegram ends the request of whoever asks besides. What was handed
 * out comes again until the next request names a higher offset, so the offset moves only when an update is stored.
 */
export function startPolling(parts: PollParts): Running {
  const stopping = new AbortController()
  const running = keepTurns(parts, stopping.signal)
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}

async function keepTurns(parts: PollParts, stopping: AbortSignal) {
  const { host, taker } = parts
  let failures = 0
  while (!stopping.aborted) {
    try {
      await host.asOnlyOne('poll', stopping, (turn) => pollInTurn(parts, turn, stopping))
      failures = 0
      await pause(SHORT_PAUSE_MS, stopping)
    } catch (error) {
      // A turn comes from the database. While that is away nothing could be stored either.
      host.log(`Waits for its turn to receive from Telegram: ${messageOf(error)}`)
      await pause(waitAfter(error, failures++), stopping)
    }
  }
  await taker.settled()
}

async function pollInTurn(parts: PollParts, turn: AbortSignal, stopping: AbortSignal) {
  const { api, host } = parts
  const health = createHealth(host)
  let me: Me | undefined
  let offset = 0
  let failures = 0
  // The first answer comes at once, so that it is known soon whether the connection stands.
  let holdSeconds = 0
  while (!turn.aborted) {
    try {
      me ??= await begin(parts, turn)
      const updates = await ask(api, { offset, holdSeconds }, turn)
      failures = 0
      holdSeconds = HOLD_SECONDS
      health.up()
      for (const update of updates) {
        if (!(await takeUntilStored(parts, update, me, turn))) break
        offset = update.update_id + 1
      }
      if (updates.length === 0) await pause(SHORT_PAUSE_MS, turn)
    } catch (error) {
      if (turn.aborted) break
      health.down(reasonOf(error))
      // An answer at once says nothing about somebody else who asks: only a long one does.
      holdSeconds = isConflict(error) ? HOLD_SECONDS : 0
      await pause(waitAfter(error, failures++), turn)
    }
  }
  // Who lost the turn is silent: another one asks already.
  if (stopping.aborted && offset > 0) await confirm(parts, offset)
}

/** A webhook that somebody set before would keep everything from us. What waits for it is ours. */
async function begin({ api, host }: PollParts, signal: AbortSignal): Promise<Me> {
  const me = await introduce(api, host, signal)
  await call((signal) => api.deleteWebhook({ drop_pending_updates: false }, signal), { signal })
  return me
}

function ask(api: Api, { offset, holdSeconds }: { offset: number; holdSeconds: number }, signal: AbortSignal) {
  const wish = { offset, timeout: holdSeconds, limit: 100, allowed_updates: UPDATES }
  return call((signal) => api.getUpdates(wish, signal), { signal, timeoutMs: holdSeconds * 1000 + GRACE_MS })
}

/**
 * The database may be away. Then this update waits, and all behind it: their order is kept, and none is lost. False where the turn
 * ended before it was stored.
 */
async function takeUntilStored({ host, taker }: PollParts, update: unknown, me: Me, signal: AbortSignal) {
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      await taker.take(update, me)
      return true
    } catch (error) {
      host.log(`What was said on Telegram could not be stored, and is tried again: ${messageOf(error)}`)
      await pause(waitAfter(error, failures), signal)
    }
  }
  return false
}

/** Else the next one would be told again what is stored; that is no harm, so a failure is none. */
async function confirm({ api, host }: PollParts, offset: number) {
  try {
    await call((signal) => api.getUpdates({ offset, timeout: 0, limit: 1 }, signal), { timeoutMs: 5000 })
  } catch (error) {
    host.log(`Telegram was not told what is stored: ${messageOf(error)}`)
  }
}
