import { z } from 'zod'
import type { Actor, Inbound, OfferedCommand, Place } from '../channel.ts'
import { attachmentShape, toAttachment } from './attachments.ts'
import { isCommand } from './commands.ts'
import { snowflake, storable } from './wire.ts'

export interface NotForUs {
  /** `unreadable`: not as Discord writes it. */
  type: 'ignored' | 'unreadable'
  reason: string
}

/** Which kind of channel something stands in. */
export interface ChannelInfo {
  /** Id of the channel that a thread belongs to; '' for what is no thread. */
  parent: string
  /** A thread can be started from a message in it. */
  hasThreads: boolean
}

/** What a message does not say about itself. */
export interface MessageContext extends ChannelInfo {
  /** User id of the bot. */
  me: string
  /** Id of the role that Discord made for the bot in that server, '' where it has none: people mention that as well. */
  myRole: string
  /** The history does not name the server; '' in a direct message. */
  guild: string
  /** What is typed as a command of ours is meant for us. */
  commands: readonly OfferedCommand[]
}

export const user = z.object({
  id: snowflake,
  username: z.string().default(''),
  global_name: z.string().nullish(),
  bot: z.boolean().default(false),
})

const message = z.object({
  id: snowflake,
  channel_id: snowflake,
  guild_id: snowflake.optional(),
  type: z.number().default(0),
  author: user,
  webhook_id: z.string().nullish(),
  content: z.string().default(''),
  timestamp: z.string().refine((text) => !Number.isNaN(Date.parse(text))),
  mentions: z.array(user).default([]),
  mention_roles: z.array(snowflake).default([]),
  attachments: z.array(attachmentShape).default([]).catch([]),
  message_reference: z.object({ type: z.number().default(0), message_id: snowflake.optional() }).nullish(),
  referenced_message: z.object({ author: user }).nullish(),
})

type Message = z.infer<typeof message>

/** Of an announcement, public, private. */
export const isThread = (channelType: number) => [10, 11, 12].includes(channelType)
/** Text and announcements. */
export const hasThreads = (channelType: number) => [0, 5].includes(channelType)

/** What people write; the rest is joins, pins, boosts, starters of threads. */
const DEFAULT = 0
const REPLY = 19

/**
 * Pure: a message of Discord's in, our words out. What the bot itself and what webhooks say, what has neither text nor file, and
 * what Discord says by itself is nothing to us.
 */
export function parseMessage(body: unknown, context: MessageContext): Inbound | NotForUs {
  const { success, data, error } = message.safeParse(body)
  if (!success) return { type: 'unreadable', reason: z.prettifyError(error) }
  if (data.author.id === context.me) return { type: 'ignored', reason: 'said by the bot itself' }
  if (data.webhook_id) return { type: 'ignored', reason: 'said by a webhook' }
  if (data.type !== DEFAULT && data.type !== REPLY) return { type: 'ignored', reason: 'said by Discord itself' }
  if (data.content === '' && data.attachments.length === 0)
    return { type: 'ignored', reason: 'neither text nor a file' }

  const where = { channel: data.channel_id, message: data.id }
  const attachments = data.attachments.map((attachment) => toAttachment(attachment, where))
  const guild = data.guild_id ?? context.guild
  const { text, isMention } = withoutMention(data, context)
  const replyTo = data.message_reference?.type === 0 ? data.message_reference.message_id : undefined
  const answersUs = replyTo !== undefined && data.referenced_message?.author.id === context.me
  const place = placeOf(data, { ...context, guild }, isMention && !answersUs)
  return {
    type: 'message',
    key: data.id,
    place,
    actor: actorOf(data.author),
    at: new Date(data.timestamp).toISOString(),
    link: linkTo(guild, data.channel_id, data.id),
    text: storable(text),
    messageId: data.id,
    ...(guild === '' && { isPrivate: true }),
    isAddressed: guild === '' || isMention || answersUs || isCommand(text, context.commands),
    ...(replyTo !== undefined && { replyTo }),
    ...(attachments.length > 0 && { attachments }),
  }
}

/** A mention in a channel begins a conversation in a thread, which will have the message's own id. */
function placeOf({ id, channel_id: channel }: Message, { guild, parent, hasThreads }: MessageContext, begins: boolean) {
  if (parent !== '') return toPlace(guild, parent, channel)
  return toPlace(guild, channel, guild !== '' && hasThreads && begins ? id : '')
}

export const toPlace = (tenant: string, room: string, thread: string): Place => ({
  channel: 'discord',
  tenant,
  room,
  thread,
})

/** Only where Discord saw a mention: in code, `<@id>` is none. An answer notifies whom it answers, and is no mention by that. */
function withoutMention({ content, mentions, mention_roles: roles }: Message, { me, myRole }: MessageContext) {
  const ours = [
    ...(mentions.some(({ id }) => id === me) ? [`<@!?${me}>`] : []),
    ...(roles.includes(myRole) ? [`<@&${myRole}>`] : []),
  ].join('|')
  const isMention = ours !== '' && new RegExp(ours).test(content)
  if (!isMention) return { text: withNames(content, mentions), isMention }
  // In front of the text, it takes with it what sets it apart.
  const text = content
    .replace(new RegExp(String.raw`^\s*(?:(?:${ours})[,:]?\s*)+`), '')
    .replaceAll(new RegExp(String.raw`\s?(?:${ours})`, 'g'), '')
  return { text: withNames(text, mentions).trim(), isMention }
}

/** Other people by their names: their numbers mean nothing to an agent. */
const withNames = (text: string, mentions: z.infer<typeof user>[]) =>
  text.replaceAll(/<@!?(\d+)>/g, (whole, id: string) => {
    const name = mentions.find((person) => person.id === id)?.username
    return name ? `@${name}` : whole
  })

export const actorOf = ({ id, username, global_name: name, bot }: z.infer<typeof user>): Actor => ({
  id,
  name: storable(username || name || id),
  isBot: bot,
})

/** Where people find it. */
export const linkTo = (guild: string, channel: string, messageId: string) =>
  `https://discord.com/channels/${guild || '@me'}/${channel}/${messageId}`
