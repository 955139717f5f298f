/** What tests of one channel do with it, whichever it is. */
import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { ChannelError, type Channel, type Outgoing, type Place } from '../src/channels/channel.ts'

const PATIENCE_MS = 30_000

const toMessage = (message: Outgoing | string): Outgoing =>
  typeof message === 'string' ? { markdown: message } : message

export const sendIn = (
  channel: Channel,
  place: Place,
  message: Outgoing | string,
  idempotencyKey: string = randomUUID(),
) => channel.send(place, toMessage(message), { idempotencyKey, signal: AbortSignal.timeout(PATIENCE_MS) })

export const editIn = (channel: Channel, place: Place, id: string, message: Outgoing | string) =>
  channel.edit(place, id, toMessage(message), AbortSignal.timeout(PATIENCE_MS))

/** What a channel threw; it throws nothing but ChannelError. */
export async function failureOf(work: Promise<unknown>): Promise<ChannelError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(ChannelError)
  return error as ChannelError
}
