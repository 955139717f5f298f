import { type Api, GrammyError, HttpError } from 'grammy'
import { codeOf } from '../../lib/errors.ts'
import { ChannelError } from '../channel.ts'

/** How long Telegram may take over a call that is no long poll. */
const TIMEOUT_MS = 15_000

/** grammY takes signals of the days before Node had them; those of Node do. */
export type GrammySignal = Parameters<Api['getMe']>[0]

export interface CallOptions {
  signal?: AbortSignal | undefined
  timeoutMs?: number | undefined
}

/** One call of the Bot API, tried once. What Telegram or the way there refuses is a `ChannelError`. */
export async function call<T>(
  work: (signal: GrammySignal) => Promise<T>,
  { signal, timeoutMs = TIMEOUT_MS }: CallOptions = {},
): Promise<T> {
  const timeout = AbortSignal.timeout(timeoutMs)
  const either = signal ? AbortSignal.any([signal, timeout]) : timeout
  try {
    return await work(either as GrammySignal)
  } catch (error) {
    if (signal?.aborted) throw new ChannelError('transient', 'Stopped while Telegram was asked.')
    if (timeout.aborted) throw new ChannelError('transient', `Telegram did not answer within ${timeoutMs / 1000} s.`)
    throw translated(error)
  }
}

/** What is neither an answer nor the lack of one is ours, and stays as it is. */
function translated(error: unknown): unknown {
  if (error instanceof GrammyError) return refused(error)
  if (!(error instanceof HttpError)) return error
  // No cause: its message has the URL, and the token stands in that.
  return new ChannelError('transient', `Telegram cannot be reached: ${codeOf(error.error) ?? 'no answer that reads'}`)
}

const GONE =
  /message to edit not found|message can't be edited|chat not found|message thread not found|TOPIC_(CLOSED|DELETED)|PEER_ID_INVALID|MESSAGE_ID_INVALID|chat was upgraded|invalid file_id|wrong (remote )?file identifier|FILE_REFERENCE_\w+/i

function refused(error: GrammyError): ChannelError {
  const { error_code: code, description, parameters } = error
  const because = { cause: error }
  if (code === 429)
    return new ChannelError('rate', description, { ...because, retryAfterMs: (parameters.retry_after ?? 1) * 1000 })
  // Also where there is no code: a proxy in between has answered.
  if (!(code < 500)) return new ChannelError('transient', description, because)
  if (code === 401 || (code === 404 && description === 'Not Found'))
    return new ChannelError(
      'auth',
      `Telegram refuses the bot token (${description}). Put the one that @BotFather shows in TELEGRAM_BOT_TOKEN.`,
      because,
    )
  // Who polls is told by another program, or by a webhook; that ends with it.
  if (code === 409) return new ChannelError('transient', description, because)
  if (parameters.migrate_to_chat_id !== undefined)
    return new ChannelError('gone', `The group is a supergroup now: ${parameters.migrate_to_chat_id}`, because)
  // Of a file that was just sent, it is the second that is true.
  if (/wrong file_id or the file is temporarily unavailable/i.test(description))
    return new ChannelError('transient', description, because)
  if (code === 403 || GONE.test(description)) return new ChannelError('gone', description, because)
  return new ChannelError('invalid', description, because)
}

/** Another program polls, or has set a webhook. */
export const isConflict = (error: unknown) =>
  error instanceof ChannelError && error.cause instanceof GrammyError && error.cause.error_code === 409
