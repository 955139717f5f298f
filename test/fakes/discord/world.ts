/** What there is on this Discord: one server, its channels and threads, direct messages, and all that was said. */
import {
  ChannelType,
  MessageType,
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  type APIMessage,
  type APIUser,
  type GatewayMessageCreateDispatchData,
} from 'discord-api-types/v10'
import { createCdn, type Cdn, type SentFile } from './cdn.ts'

export interface Person {
  id: string
  username: string
  bot?: boolean
}

export interface Channel {
  id: string
  type: ChannelType.GuildText | ChannelType.PublicThread | ChannelType.DM
  name: string
  /** Of a thread. */
  parent?: string
  /** Of a direct message. */
  recipient?: Person
  /** The bot was thrown out. */
  isClosed: boolean
}

export type Row = APIActionRowComponent<APIButtonComponentWithCustomId>

export interface Message {
  id: string
  channel: Channel
  author: Person
  content: string
  components: Row[]
  files: SentFile[]
  flags: number
  replyTo: Message | undefined
  isWebhook: boolean
  editedAt: string | null
  /** Whom it has notified so far: ids, `everyone`. */
  notified: string[]
}

export interface AllowedMentions {
  parse?: string[] | undefined
  users?: string[] | undefined
}

export interface World {
  bot: Person
  guild: string
  /** That Discord made for the bot. */
  botRole: string
  channels: Map<string, Channel>
  messages: Message[]
  people: Person[]
  cdn: Cdn
  nextId(): string
  addChannel(channel: Omit<Channel, 'id' | 'isClosed'> & { id?: string }): Channel
}

const EPOCH_MS = 1_420_070_400_000

export function createWorld(): World {
  const channels = new Map<string, Channel>()
  const messages: Message[] = []
  let last = 0n
  function nextId() {
    const now = BigInt(Date.now() - EPOCH_MS) << 22n
    last = now > last ? now : last + 1n
    return String(last)
  }
  return {
    bot: { id: nextId(), username: 'Drover', bot: true },
    guild: nextId(),
    botRole: nextId(),
    channels,
    messages,
    people: [],
    cdn: createCdn(messages),
    nextId,
    addChannel({ id = nextId(), ...channel }) {
      const made = { id, ...channel, isClosed: false }
      channels.set(id, made)
      return made
    },
  }
}

export const isDirect = ({ type }: Channel) => type === ChannelType.DM
export const isThread = ({ type }: Channel) => type === ChannelType.PublicThread

export const toUser = ({ id, username, bot = false }: Person): APIUser => ({
  id,
  username,
  discriminator: '0',
  global_name: bot ? null : username[0]!.toUpperCase() + username.slice(1),
  avatar: null,
  ...(bot && { bot }),
})

export const toMember = () => ({
  roles: [],
  joined_at: '2026-01-01T00:00:00.000000+00:00',
  deaf: false,
  mute: false,
  flags: 0,
  premium_since: null,
  pending: false,
  nick: null,
  avatar: null,
  banner: null,
  communication_disabled_until: null,
})

export function toChannel(channel: Channel, guild: string) {
  const { id, type, name, parent, recipient } = channel
  if (recipient) return { id, type, last_message_id: null, flags: 0, recipients: [toUser(recipient)] }
  return {
    id,
    type,
    name,
    guild_id: guild,
    parent_id: parent ?? null,
    last_message_id: null,
    rate_limit_per_user: 0,
    flags: 0,
    ...(parent === undefined
      ? { position: 0, permission_overwrites: [], nsfw: false, topic: null }
      : {
          message_count: 0,
          member_count: 1,
          thread_metadata: {
            archived: false,
            auto_archive_duration: 1440,
            archive_timestamp: '2026-01-01T00:00:00.000000+00:00',
            locked: false,
          },
        }),
  }
}

/** Without what was said in code. */
const spoken = (content: string) => content.replaceAll(/```[^]*?```|`[^`\n]+`/g, '')

const mentionedIn = (content: string) => [
  ...new Set([...spoken(content).matchAll(/<@!?(\d+)>/g)].map(([, id = '']) => id)),
]

/** Left out, all of them notify. https://docs.discord.com/developers/resources/message#allowed-mentions-object */
export function notifiedBy(content: string, allowed: AllowedMentions | undefined): string[] {
  const mayParse = (what: string) => allowed?.parse?.includes(what) ?? allowed === undefined
  const people = mentionedIn(content).filter((id) => mayParse('users') || allowed?.users?.includes(id))
  const all = mayParse('everyone') && /@(everyone|here)\b/.test(spoken(content)) ? ['everyone'] : []
  return [...people, ...all]
}

/** As the history tells it: without the server. */
export function toWire(message: Message, world: World): APIMessage {
  const { id, channel, author, content, replyTo } = message
  const isNotified = (person: Person) =>
    mentionedIn(content).includes(person.id) || (replyTo?.author.id === person.id && !author.bot)
  return {
    id,
    channel_id: channel.id,
    author: toUser(author),
    content,
    timestamp: new Date(Number(BigInt(id) >> 22n) + EPOCH_MS).toISOString().replace('Z', '000+00:00'),
    edited_timestamp: message.editedAt,
    tts: false,
    mention_everyone: message.notified.includes('everyone'),
    mentions: [world.bot, ...world.people].filter(isNotified).map(toUser),
    mention_roles: content.includes(`<@&${world.botRole}>`) ? [world.botRole] : [],
    attachments: world.cdn.describe(message),
    embeds: [],
    components: message.components,
    pinned: false,
    type: replyTo ? MessageType.Reply : MessageType.Default,
    flags: message.flags,
    ...(message.isWebhook && { webhook_id: world.guild }),
    ...(replyTo && {
      message_reference: { type: 0, channel_id: channel.id, message_id: replyTo.id, guild_id: world.guild },
      referenced_message: { ...toWire({ ...replyTo, replyTo: undefined }, world) },
    }),
  }
}

/** As the Gateway tells it. */
export const toEvent = (message: Message, world: World): GatewayMessageCreateDispatchData => ({
  ...toWire(message, world),
  ...(!isDirect(message.channel) && { guild_id: world.guild, member: toMember() }),
  mentions: toWire(message, world).mentions,
  channel_type: message.channel.type,
})
