import { z } from 'zod'
import type { Actor, Inbound } from '../channel.ts'
import { fileShape, leavesFilesOut, readFiles, withUnreadable } from './files.ts'
import { plainText } from './plain-text.ts'

export type Parsed = Inbound | { type: 'ignored'; reason: string }

/** What Slack names its deliveries, in Socket Mode as over HTTP. */
export type EnvelopeType = 'events_api' | 'slash_commands' | 'interactive'

/** What the receiver knows besides. */
interface Known {
  /** For what carries no time of its own, ISO 8601. */
  now: string
  /** Our own user in that workspace, where the event does not name it. */
  botUser?: string | undefined
}

/** Pure: Slack's JSON in, our words out. */
export function parseEnvelope(type: string, body: unknown, known: Known): Parsed {
  if (type === 'events_api') return parseEvent(body, known.botUser)
  if (type === 'slash_commands') return parseCommand(body, known.now)
  if (type === 'interactive') return parseAction(body)
  return ignored(`an envelope of type ${type}`)
}

const ts = z.string().regex(/^\d+\.\d+$/)

const eventBody = z.object({
  team_id: z.string(),
  authorizations: z.array(z.object({ user_id: z.string(), is_bot: z.boolean().optional() })).optional(),
  event: z.object({
    type: z.enum(['message', 'app_mention']),
    subtype: z.string().optional(),
    channel: z.string(),
    channel_type: z.string().optional(),
    user: z.string().optional(),
    bot_id: z.string().nullish(),
    text: z.string().nullish(),
    ts,
    thread_ts: ts.optional(),
    /** Who opened the thread. */
    parent_user_id: z.string().nullish(),
    files: z.array(fileShape).default([]).catch([]),
    blocks: z.unknown().optional(),
  }),
})

/** Of all that has a subtype, only these two are somebody saying something. */
const SUBTYPES = new Set(['file_share', 'thread_broadcast'])

/** Our own user in the workspace of an event, where the event names it. */
export function botUserOf(body: unknown): string | undefined {
  const read = eventBody.pick({ authorizations: true }).safeParse(body)
  return read.data?.authorizations?.find(({ is_bot: isBot }) => isBot === true)?.user_id
}

/**
 * A mention in a channel comes twice, as `message` and as `app_mention`, with one ts: both get the same key, and both are
 * addressed to us, whichever comes first.
 */
export function parseEvent(body: unknown, known?: string): Parsed {
  const read = eventBody.safeParse(body)
  if (!read.success) return ignored('not a message')
  const { team_id: team, event } = read.data
  const botUser = botUserOf(body) ?? known
  if (event.subtype !== undefined && !SUBTYPES.has(event.subtype)) return ignored(`a message of type ${event.subtype}`)
  if (typeof event.bot_id === 'string' || event.user === undefined) return ignored('said by a bot')
  if (event.user === botUser) return ignored('said by ourselves')

  const isDirect = isDirectMessage(event.channel, event.channel_type)
  const text = event.text ?? ''
  // The head of a thread names itself, once somebody has answered.
  const thread = event.thread_ts === event.ts ? undefined : event.thread_ts
  // We cannot tell whom it mentions. If it is us, the same message comes as `app_mention`.
  if (botUser === undefined && event.type === 'message' && !isDirect && text.includes('<@'))
    return ignored('a mention of somebody unknown')
  const mention = botUser === undefined ? undefined : mentionOf(botUser)
  if (event.type === 'app_mention' && botUser !== undefined && leavesFilesOut(event.files, event.blocks))
    return ignored('a mention without its files')
  const { attachments, unreadable } = readFiles(event.files)
  const isMention = event.type === 'app_mention' || (mention?.test(text) ?? false)
  // In a thread under one of our messages.
  const isAnswer = botUser !== undefined && event.parent_user_id === botUser
  return {
    type: 'message',
    key: `${event.channel}:${event.ts}`,
    place: {
      channel: 'slack',
      tenant: team,
      room: event.channel,
      // In a channel the answer opens a thread under what was said.
      thread: thread ?? (isDirect ? '' : event.ts),
    },
    actor: actorOf(event.user),
    at: new Date(Number(event.ts) * 1000).toISOString(),
    link: linkTo(event.channel, event.ts),
    text: withUnreadable(plainText(mention ? withoutMention(text, mention) : text), unreadable),
    messageId: event.ts,
    isAddressed: isDirect || isMention || isAnswer,
    ...(isDirect && { isPrivate: true }),
    ...(thread !== undefined && { replyTo: thread }),
    ...(attachments.length > 0 && { attachments }),
  }
}

const commandBody = z.object({
  team_id: z.string(),
  channel_id: z.string(),
  user_id: z.string(),
  user_name: z.string().optional(),
  text: z.string().optional(),
  trigger_id: z.string(),
})

/** `/drover status` is our `/status`. Slack tells no thread: people cannot use such commands in one. */
function parseCommand(body: unknown, now: string): Parsed {
  const read = commandBody.safeParse(body)
  if (!read.success) return ignored('not a command')
  const { team_id: team, channel_id: room, user_id: user, user_name: name, trigger_id: id, text = '' } = read.data
  const command = plainText(text).trim().replace(/^\//, '')
  return {
    type: 'message',
    key: id,
    place: { channel: 'slack', tenant: team, room, thread: '' },
    actor: actorOf(user, name),
    at: now,
    text: `/${command || 'help'}`,
    messageId: id,
    isAddressed: true,
    ...(isDirectMessage(room) && { isPrivate: true }),
  }
}

const actionBody = z.object({
  type: z.literal('block_actions'),
  team: z.object({ id: z.string() }),
  user: z.object({ id: z.string(), username: z.string().optional(), name: z.string().optional() }),
  channel: z.object({ id: z.string() }),
  message: z.object({ ts, thread_ts: ts.optional() }),
  actions: z.array(z.object({ value: z.string().optional(), action_ts: ts })).min(1),
})

function parseAction(body: unknown): Parsed {
  const read = actionBody.safeParse(body)
  const action = read.data?.actions[0]
  if (!read.success || !action) return ignored('not a button of a message')
  const { team, user, channel, message } = read.data
  const [questionId, choiceId] = splitOnce(action.value ?? '', '|')
  if (!questionId || !choiceId) return ignored('a button that is not ours')
  return {
    type: 'choice',
    key: `act:${team.id}:${channel.id}:${message.ts}:${action.action_ts}:${user.id}`,
    place: {
      channel: 'slack',
      tenant: team.id,
      room: channel.id,
      // A message that others have answered stands at the head of a thread, and not in it.
      thread: message.thread_ts === message.ts ? '' : (message.thread_ts ?? ''),
    },
    actor: actorOf(user.id, user.username ?? user.name),
    at: new Date(Number(action.action_ts) * 1000).toISOString(),
    link: linkTo(channel.id, message.ts),
    questionId,
    choiceId,
    messageId: message.ts,
  }
}

const ignored = (reason: string): Parsed => ({ type: 'ignored', reason })

export const isDirectMessage = (channel: string, channelType?: string) =>
  channelType === undefined ? channel.startsWith('D') : channelType === 'im'

/** Slackbot speaks as a person. */
const actorOf = (id: string, name?: string): Actor => ({
  id,
  name: name || id,
  isBot: id === 'USLACKBOT',
  isOfTenant: true,
})

const linkTo = (channel: string, messageTs: string) =>
  `https://slack.com/archives/${channel}/p${messageTs.replace('.', '')}`

const mentionOf = (user: string) => new RegExp(`[ \\t]*<@${RegExp.escape(user)}(\\|[^>]*)?>[ \\t]*`)

/** `<@U1>: fix it` is `fix it`, `hey <@U1> fix it` is `hey fix it`. */
function withoutMention(text: string, mention: RegExp): string {
  const beginsWithIt = text.search(mention) === 0
  const rest = text.replaceAll(new RegExp(mention, 'g'), ' ').trim()
  return beginsWithIt ? rest.replace(/^[,:]\s*/, '') : rest
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)]
}
