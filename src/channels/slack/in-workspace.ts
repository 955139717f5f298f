import { messageOf } from '../../lib/errors.ts'
import { ChannelError, type Place } from '../channel.ts'
import type { Workspace, Workspaces } from './workspaces.ts'

/** Does something with the token of a place's workspace. Throws ChannelError; a token that is refused is forgotten. */
export type InWorkspace = <T>(
  place: Place,
  signal: AbortSignal,
  work: (workspace: Workspace) => Promise<T>,
) => Promise<T>

export const createInWorkspace =
  (workspaces: Workspaces): InWorkspace =>
  async ({ tenant }, signal, work) => {
    try {
      return await work(await unlessAborted(workspaces.of(tenant), signal))
    } catch (error) {
      if (!(error instanceof ChannelError))
        throw new ChannelError('transient', `The token could not be looked up: ${messageOf(error)}`, { cause: error })
      if (error.kind === 'auth') workspaces.forget(tenant)
      throw error
    }
  }

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = () => reject(new ChannelError('transient', 'Stopped before Slack was asked.'))
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', stop))
}
