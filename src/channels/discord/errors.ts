import { DiscordAPIError, HTTPError, RateLimitError } from '@discordjs/rest'
import { codeOf } from '../../lib/errors.ts'
import { ChannelError, type ChannelErrorKind } from '../channel.ts'

const INVITE = 'Invite the bot anew, or let it see the channel.'

/** https://docs.discord.com/developers/topics/opcodes-and-status-codes#json */
const MEANING: Record<number, [ChannelErrorKind, string]> = {
  10003: ['gone', 'Discord has no such channel or thread.'],
  10004: ['gone', `Discord has no such server, or the bot is not in it. ${INVITE}`],
  10008: ['gone', 'The message is no more.'],
  10013: ['gone', 'Discord has no such person.'],
  50001: ['gone', `The bot may not see that channel. ${INVITE}`],
  50005: ['gone', 'The message is not ours to change.'],
  50007: [
    'gone',
    'The person takes no direct messages from the bot: they must share a server with it, and allow messages of its members.',
  ],
  50013: ['gone', 'The bot lacks a permission there: View Channel, Send Messages, Send Messages in Threads.'],
  50083: ['gone', 'The thread is archived.'],
  160005: ['gone', 'The thread is locked.'],
}

export const UNKNOWN_CHANNEL = 10_003
export const MISSING_PERMISSIONS = 50_013
/** A voice channel has no threads. */
export const WRONG_CHANNEL_TYPE = 50_024
/** Somebody has started a thread from this message already. */
export const THREAD_EXISTS = 160_004

/** Discord's own number for what it refused, or undefined. */
export function refusalOf(error: unknown): number | undefined {
  const cause = error instanceof ChannelError ? error.cause : error
  return cause instanceof DiscordAPIError && typeof cause.code === 'number' ? cause.code : undefined
}

/** Any failure of a call to Discord, in the words of the contract. */
export function toChannelError(error: unknown): ChannelError {
  if (error instanceof ChannelError) return error
  if (error instanceof RateLimitError)
    return new ChannelError('rate', 'Discord is asked too often.', {
      cause: error,
      // Ours to know before the call: then only the time to the reset is told.
      retryAfterMs: Math.ceil(error.retryAfter || error.timeToReset) || 1000,
    })
  if (error instanceof HTTPError)
    return new ChannelError('transient', `Discord had an error of its own (HTTP ${error.status}).`, { cause: error })
  if (error instanceof DiscordAPIError) return fromRefusal(error)
  return new ChannelError('transient', `Discord cannot be reached: ${codeOf(error) ?? 'no answer that reads'}.`, {
    cause: error,
  })
}

function fromRefusal(error: DiscordAPIError): ChannelError {
  const { code, status, message } = error
  if (status === 401)
    return new ChannelError(
      'auth',
      'Discord refuses DISCORD_TOKEN. Under Bot in the developer portal, press Reset Token and put the new token there.',
      { cause: error },
    )
  // A page of HTML: some proxy has answered.
  if (typeof code !== 'number')
    return new ChannelError('transient', `Discord answered with something else than JSON (HTTP ${status}).`, {
      cause: error,
    })
  const [kind, meaning] = MEANING[code] ?? [status === 403 ? 'gone' : 'invalid', 'Discord does not take this.']
  return new ChannelError(kind, `${meaning} (${code}: ${message.replaceAll('\n', ' ')})`, { cause: error })
}
