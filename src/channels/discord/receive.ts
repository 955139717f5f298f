import { z } from 'zod'
import { messageOf } from '../../lib/errors.ts'
import type { ChannelHost } from '../channel.ts'
import { pause } from './call.ts'
import { parseInteraction, type Handle } from './parse-interaction.ts'
import { isFromDiscord, toPublicKey } from './verify-signature.ts'

/** Of the 3 seconds that Discord waits. */
const BUDGET_MS = 2500
const AGAIN_MS = 200

const PONG = { type: 1 }
/** Seen by nobody else. */
export const ON_IT = { content: 'On it.', flags: 64 }
const ANSWERS: Record<Handle['type'], object> = {
  command: { type: 4, data: ON_IT },
  // The message stays as it is.
  button: { type: 6 },
}

const pingShape = z.object({ type: z.literal(1) })

/** Commands and buttons, where Discord posts them. What people write comes by the Gateway only. */
export function createReceive(publicKey: string, host: Pick<ChannelHost, 'commands' | 'take' | 'log'>) {
  const key = toPublicKey(publicKey)

  return async (request: Request, arrivedAt = new Date()): Promise<Response> => {
    const body = new Uint8Array(await request.arrayBuffer())
    const timestamp = request.headers.get('x-signature-timestamp')
    const signature = request.headers.get('x-signature-ed25519')
    // Discord tries with a wrong one from time to time, and removes the address of whoever takes it.
    if (!isFromDiscord({ key, timestamp, signature, body, nowMs: arrivedAt.getTime() }))
      return new Response('The signature is not that of DISCORD_PUBLIC_KEY, or too old.', { status: 401 })
    const posted = readJson(body)
    if (pingShape.safeParse(posted).success) return Response.json(PONG)
    const { said, handle } = parseInteraction(posted)
    if (!handle) return new Response('This is neither a command nor a button.', { status: 400 })
    try {
      if (said.type === 'message' || said.type === 'choice') await storeInTime(() => host.take(said))
      return Response.json(ANSWERS[handle.type])
    } catch (error) {
      host.log(`Discord: a ${handle.type} was refused, and the person told that it failed: ${messageOf(error)}`)
      return new Response('It could not be stored.', { status: 503 })
    }
  }
}

/** Discord does not post it again. */
async function storeInTime(take: () => Promise<unknown>): Promise<void> {
  const untilMs = Date.now() + BUDGET_MS
  for (;;) {
    try {
      await take()
      return
    } catch (error) {
      if (Date.now() + AGAIN_MS > untilMs) throw error
      await pause(AGAIN_MS, new AbortController().signal)
    }
  }
}

function readJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body))
  } catch {
    return undefined
  }
}
