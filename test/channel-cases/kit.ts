import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { Channel, Inbound, Outgoing, Place } from '../../src/channels/channel.ts'
import type { Running } from '../../src/lib/running.ts'
import type { TestHost, TestStore } from '../channel-host.ts'
import type { Shown, Stage } from './stage.ts'

/** One process: its channel receives. */
export interface Live extends AsyncDisposable {
  channel: Channel
  host: TestHost
  running: Running
}

export async function startOne({ store, create }: Stage): Promise<Live> {
  const host = store.createHost()
  const channel = create(host)
  const running = channel.start()
  const live = { channel, host, running, [Symbol.asyncDispose]: running.stop }
  try {
    await expect.poll(host.isUp).toBe(true)
    return live
  } catch (cause) {
    await running.stop()
    throw new Error(`the channel never came up: ${JSON.stringify(host.reports)} ${host.logs.join('; ')}`, { cause })
  }
}

type Said = Extract<Inbound, { type: 'message' }>

/** What was said with exactly these words, when it is stored. */
export async function heard({ store }: Stage, text: string): Promise<Said> {
  const find = () => store.events.find((event): event is Said => event.type === 'message' && event.text === text)
  await expect.poll(() => textsOf(store)).toContain(text)
  return find()!
}

export const textsOf = ({ events }: TestStore) =>
  events.map((event) => (event.type === 'message' ? event.text : event.choiceId))

/** Where the person speaks with the bot alone. */
export async function alone(stage: Stage): Promise<Place> {
  await stage.platform.say('hello')
  return answersTo(stage, 'hello')
}

/** Where the bot answers what was said with exactly these words. */
export async function answersTo(stage: Stage, text: string): Promise<Place> {
  const { place } = await heard(stage, text)
  return stage.platform.speaksIn ?? place
}

export const sendOptions = () => ({ idempotencyKey: randomUUID(), signal: AbortSignal.timeout(30_000) })
export const send = ({ channel }: Live, place: Place, message: Outgoing) => channel.send(place, message, sendOptions())
export const edit = ({ channel }: Live, place: Place, id: string, message: Outgoing) =>
  channel.edit(place, id, message, AbortSignal.timeout(30_000))

/** The one message of the bot in a place. */
export async function onlyShown({ platform }: Stage, place: Place): Promise<Shown> {
  const shown = await platform.shown(place)
  expect(shown).toHaveLength(1)
  return shown[0]!
}

export const QUESTION = {
  questionId: 'qst_01',
  options: [
    { id: 'allow', label: 'Allow', style: 'primary' as const },
    { id: 'deny', label: 'Deny', style: 'danger' as const },
  ],
}
