import type { REST } from '@discordjs/rest'
import { messageOf } from '../../lib/errors.ts'
import { startLoop } from '../../lib/loop.ts'
import { createPushQueue } from '../../lib/push-queue.ts'
import type { Running } from '../../lib/running.ts'
import type { ChannelHost } from '../channel.ts'
import { pause, type Call } from './call.ts'
import { catchUp } from './catch-up.ts'
import { createChannelInfos } from './channel-infos.ts'
import { registerCommands } from './commands.ts'
import { readCursor } from './cursor.ts'
import { holdGateway, type Dispatch } from './gateway.ts'
import { createIntake } from './intake.ts'
import { createLastSeen } from './last-seen.ts'
import { createOwnRoles } from './own-roles.ts'

export interface ListenParts {
  token: string
  rest: REST
  call: Call
  host: ChannelHost
}

/** How often it is stored how far we are. */
const SAVE_MS = 3000
const AGAIN_MS = 1000

/** Hears what is said on Discord, in one process of all at a time: each connection would hear all of it. */
export function startListening(parts: ListenParts): Running {
  const stopping = new AbortController()
  const running = keepTurns(parts, stopping.signal)
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}

async function keepTurns(parts: ListenParts, signal: AbortSignal) {
  while (!signal.aborted) {
    try {
      await parts.host.asOnlyOne('gateway', signal, (turn) => listenInTurn(parts, turn))
    } catch (error) {
      // A turn and the cursor come from the database. While that is away nothing could be stored either.
      parts.host.log(`Waits for its turn to hear Discord: ${messageOf(error)}`)
      await pause(AGAIN_MS, signal)
    }
  }
}

/**
 * Events are handled one after the other, and the cursor names the last that is done with: so a session that is resumed, by this
 * process or the next, tells again whatever is not stored.
 */
async function listenInTurn({ token, rest, call, host }: ListenParts, signal: AbortSignal) {
  const cursor = await readCursor(host)
  const seen = createLastSeen(cursor.seen)
  const infos = createChannelInfos(call)
  let me = ''
  const intake = createIntake({ host, call, infos, ownRoles: createOwnRoles(call), seen, me: () => me })
  const events = createPushQueue<Dispatch>()
  let done = cursor.session
  let saved = ''
  let hasCommands = false

  async function introduce(signal: AbortSignal) {
    me = (await call((api, signal) => api.users.getCurrent({ signal }), { signal })).id
    if (hasCommands) return
    try {
      await registerCommands(call, host.commands, signal)
      hasCommands = true
    } catch (error) {
      // It serves without them as well: they can be typed behind a mention.
      host.log(`Discord did not take the commands: ${messageOf(error)}`)
    }
  }

  async function handle({ type, data }: Dispatch) {
    // Not told when a session is resumed: then nothing is missing.
    if (type === 'READY') await catchUp({ call, seen, take: intake.message, log: host.log }, signal)
    else if (type === 'MESSAGE_CREATE') await intake.message(data, '', signal)
    else if (type === 'INTERACTION_CREATE') await intake.interaction(data, signal)
    else infos.learn(type, data)
  }

  async function handleAll() {
    for await (const event of events) {
      try {
        signal.throwIfAborted()
        await handle(event)
      } catch (error) {
        if (signal.aborted) {
          if (event.type === 'MESSAGE_CREATE') intake.miss(event.data)
          continue
        }
        // What cannot be handled must not hold up all behind it.
        host.log(`Discord: ${event.type} was left out: ${messageOf(error)}`)
      }
      done = event.session
    }
  }

  async function save() {
    const next = { session: done, seen: seen.all() }
    if (JSON.stringify(next) === saved) return
    await host.saveCursor(next)
    saved = JSON.stringify(next)
  }
  const onError = (error: unknown) => host.log(`Discord: how far it is heard could not be stored: ${messageOf(error)}`)

  const saving = startLoop(SAVE_MS, save, onError)
  const handling = handleAll()
  await holdGateway(
    { token, rest, session: cursor.session, introduce, onDispatch: events.push, report: host.report },
    signal,
  )
  events.end()
  await Promise.all([handling, saving.stop()])
  await intake.settled()
  await save().catch(onError)
}
