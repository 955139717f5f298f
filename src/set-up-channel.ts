/** What `drover setup` needs of a channel: what to do at its platform, and whether the platform takes what was given. */
import { ChannelError, type Channel, type ChannelHost, type ChannelKind, type Place } from './channels/channel.ts'
import { CHANNEL_KINDS } from './channels/registry.ts'
import type { ChannelGuide } from './cli/parts.ts'
import { UserError } from './lib/errors.ts'

const SEND_MS = 20_000

/** `UserError` where there is no such channel, or none that has to be set up. */
export async function guideTo(kind: string): Promise<ChannelGuide> {
  const entry = CHANNEL_KINDS[kind]
  if (!entry || entry.needs.length === 0) {
    const names = Object.keys(CHANNEL_KINDS).filter((name) => CHANNEL_KINDS[name]?.needs.length)
    throw new UserError('no-channel', `There is no channel "${kind}" to set up. There are: ${names.join(', ')}.`)
  }
  const found = await entry.load()
  const { title, settings, setup } = found
  return {
    title,
    settings,
    steps: setup.steps,
    ownId: setup.ownId,
    ...(setup.manifest !== undefined && { manifest: setup.manifest }),
    check: (values) => forPeople(channelFrom(found, values).check()),
    async sendTest(values, to) {
      const place: Place = { channel: kind, ...setup.placeOf(to) }
      const signal = AbortSignal.timeout(SEND_MS)
      const message = { markdown: 'Drover can write here. Say **/help** to see what it does.' }
      const options = { idempotencyKey: `setup-${Date.now()}`, signal }
      await forPeople(channelFrom(found, values).send(place, message, options))
    },
  }
}

/** What a platform refuses says what to do: it is no bug of ours. */
async function forPeople<T>(asked: Promise<T>): Promise<T> {
  return asked.catch((cause: unknown) => {
    if (cause instanceof ChannelError) throw new UserError(`channel-${cause.kind}`, cause.message, { cause })
    throw cause
  })
}

function channelFrom({ create, title }: ChannelKind, values: Readonly<Record<string, string>>): Channel {
  const channel = create(values, NO_HOST)
  if (!channel) throw new UserError('settings', `${title} needs its settings first.`)
  return channel
}

/** A channel that is only asked who it is, and sends one message, keeps nothing. */
const NO_HOST: ChannelHost = {
  commands: [],
  take: async () => 'duplicate',
  noteIgnored: async () => undefined,
  report: () => undefined,
  asOnlyOne: async () => undefined,
  readCursor: async () => undefined,
  saveCursor: async () => undefined,
  readCredentials: async () => undefined,
  log: () => undefined,
}
