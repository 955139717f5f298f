import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from 'grammy'
import { messageOf } from '../../lib/errors.ts'
import { ChannelError, type ChannelHost } from '../channel.ts'
import { call, isConflict } from './call.ts'
import { menuOf } from './menu.ts'
import type { Me } from './parse-update.ts'

/** What is received. Telegram keeps the rest to itself. */
export const UPDATES = ['message', 'callback_query'] as const

/** Who we are; the menu is set on the way. */
export async function introduce(api: Api, host: ChannelHost, signal: AbortSignal): Promise<Me> {
  const me = await call((signal) => api.getMe(signal), { signal })
  try {
    await call((signal) => api.setMyCommands(menuOf(host.commands), {}, signal), { signal })
  } catch (error) {
    // It serves without a menu as well.
    host.log(`Telegram did not take the menu of commands: ${messageOf(error)}`)
  }
  return me
}

/** Reports each change once. */
export function createHealth(host: ChannelHost) {
  let last: string | undefined
  return {
    up() {
      if (last !== '') host.report({ isUp: true })
      last = ''
    },
    down(reason: string) {
      if (last !== reason) host.report({ isUp: false, reason })
      last = reason
    },
  }
}

/** A sentence for people, which says what to do. */
export function reasonOf(error: unknown): string {
  const message = messageOf(error)
  const kind = error instanceof ChannelError ? error.kind : undefined
  if (isConflict(error))
    return `Another program receives what is said to this bot: stop it, or give Drover a bot of its own in TELEGRAM_BOT_TOKEN. (${message})`
  if (kind === 'auth') return message
  if (kind === 'invalid') return `Telegram refuses what is set (${message}): look at TELEGRAM_WEBHOOK_URL.`
  return `Nothing can be heard from Telegram at the moment (${message}). Drover tries again by itself.`
}

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 15_000
/** A person must act first. */
const LONGEST_WAIT_FOR_PEOPLE_MS = 60_000

/** How long to wait behind the `failures`th failure in a row. */
export function waitAfter(error: unknown, failures: number): number {
  const isForPeople = error instanceof ChannelError && error.kind === 'auth'
  const grown = FIRST_WAIT_MS * 2 ** Math.min(failures, 10)
  const wait = Math.min(grown, isForPeople ? LONGEST_WAIT_FOR_PEOPLE_MS : LONGEST_WAIT_MS)
  return Math.max(wait, (error instanceof ChannelError && error.retryAfterMs) || 0)
}

/** Returns early, and quietly, when the signal aborts. */
export const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => undefined)
