import { ChannelError } from '../channels/channel.ts'
import { RetryLater, UserError } from '../lib/errors.ts'

const AGAIN_MS = 5_000

/** What a platform answered about an account; its refusals in the words of `src/lib/errors.ts`. */
export async function askPlatform<T>(asking: Promise<T>): Promise<T> {
  try {
    return await asking
  } catch (error) {
    if (!(error instanceof ChannelError)) throw error
    if (error.kind === 'rate' || error.kind === 'transient')
      throw new RetryLater(error.message, error.retryAfterMs ?? AGAIN_MS, { cause: error })
    throw new UserError(`account-${error.kind}`, error.message, { cause: error })
  }
}
