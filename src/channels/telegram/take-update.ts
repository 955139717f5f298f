import type { Api } from 'grammy'
import { messageOf } from '../../lib/errors.ts'
import type { ChannelHost } from '../channel.ts'
import { call } from './call.ts'
import { parseUpdate, type Me } from './parse-update.ts'

const ACKNOWLEDGE_MS = 10_000

export interface Taker {
  /** Stores what an update says, and throws what storing throws. An update that means nothing to us is done with. */
  take(update: unknown, me: Me): Promise<void>
  /** Resolves when no acknowledgement is under way. */
  settled(): Promise<void>
}

export function createTaker(api: Api, host: ChannelHost): Taker {
  const acknowledgements = new Set<Promise<void>>()

  /** The button stops turning. Telegram takes this for some seconds only, so it may fail: what was pressed is stored. */
  async function acknowledge(id: string) {
    try {
      await call((signal) => api.answerCallbackQuery(id, {}, signal), { timeoutMs: ACKNOWLEDGE_MS })
    } catch (error) {
      host.log(`A button was taken, and Telegram could not be told so: ${messageOf(error)}`)
    }
  }

  return {
    async take(update, me) {
      const event = parseUpdate(update, me, new Date())
      if (event.type === 'unreadable') host.log(`An update of Telegram was left out: ${event.reason}`)
      if (event.type === 'message' || event.type === 'choice') await host.take(event)
      const pressed = idOfButton(update)
      if (pressed === undefined) return
      // Not waited for: nobody else's words wait for it.
      const acknowledgement = acknowledge(pressed)
      acknowledgements.add(acknowledgement)
      void acknowledgement.then(() => acknowledgements.delete(acknowledgement))
    },
    async settled() {
      await Promise.all(acknowledgements)
    },
  }
}

/** Of any button, ours or not. */
function idOfButton(update: unknown): string | undefined {
  const query = isRecord(update) ? update.callback_query : undefined
  return isRecord(query) && typeof query.id === 'string' ? query.id : undefined
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
