import { z } from 'zod'
import type { Inbound } from '../channel.ts'
import { actorOf, isThread, linkTo, toPlace, user, type NotForUs } from './parse-message.ts'
import { snowflake, storable } from './wire.ts'

const COMMAND = 2
const BUTTON = 3

const interaction = z.object({
  id: snowflake,
  token: z.string(),
  type: z.number(),
  guild_id: snowflake.nullish(),
  channel_id: snowflake.optional(),
  channel: z.object({ id: snowflake, type: z.number(), parent_id: snowflake.nullish() }).nullish(),
  member: z.object({ user }).nullish(),
  user: user.nullish(),
  message: z.object({ id: snowflake }).nullish(),
  data: z
    .object({
      name: z.string().default(''),
      options: z.array(z.object({ value: z.union([z.string(), z.number(), z.boolean()]).optional() })).default([]),
      custom_id: z.string().default(''),
    })
    .optional(),
})

type Interaction = z.infer<typeof interaction>

/** How Discord is told that it has arrived. */
export interface Handle {
  id: string
  token: string
  type: 'command' | 'button'
}

export interface ParsedInteraction {
  said: Inbound | NotForUs
  /** Undefined where there is nothing to tell. */
  handle: Handle | undefined
}

/** Pure: a slash command or a button in, our words out. A command becomes a message, its options the words behind it. */
export function parseInteraction(body: unknown): ParsedInteraction {
  const { success, data, error } = interaction.safeParse(body)
  if (!success) return { said: { type: 'unreadable', reason: z.prettifyError(error) }, handle: undefined }
  const { id, token, type } = data
  if (type === COMMAND) return { said: parseCommand(data), handle: { id, token, type: 'command' } }
  if (type === BUTTON) return { said: parseButton(data), handle: { id, token, type: 'button' } }
  return { said: { type: 'ignored', reason: 'neither a command nor a button' }, handle: undefined }
}

function parseCommand(interaction: Interaction): Inbound | NotForUs {
  const said = saidBy(interaction)
  const { name = '', options = [] } = interaction.data ?? {}
  if (!said || name === '') return { type: 'ignored', reason: 'a command without a name or a place' }
  const words = options.flatMap(({ value }) => (value === undefined ? [] : String(value)))
  return {
    ...said,
    type: 'message',
    text: storable([`/${name}`, ...words].join(' ').trim()),
    // It stands nowhere: nothing can be edited by this.
    messageId: interaction.id,
    isAddressed: true,
    ...(said.place.tenant === '' && { isPrivate: true }),
  }
}

function parseButton(interaction: Interaction): Inbound | NotForUs {
  const said = saidBy(interaction)
  const [questionId = '', choiceId = '', ...more] = interaction.data?.custom_id.split('|') ?? []
  const messageId = interaction.message?.id
  if (!said || messageId === undefined || questionId === '' || choiceId === '' || more.length > 0)
    return { type: 'ignored', reason: 'a button that is not ours' }
  return {
    ...said,
    type: 'choice',
    link: linkTo(said.place.tenant, interaction.channel_id ?? '', messageId),
    questionId: storable(questionId),
    choiceId: storable(choiceId),
    messageId,
  }
}

/** In a server, who did it stands in `member`. */
function saidBy({ id, guild_id: guild, channel_id: channelId, channel, member, user }: Interaction) {
  const who = member?.user ?? user
  const where = channelId ?? channel?.id
  if (!who || where === undefined) return undefined
  const parent = channel && isThread(channel.type) ? channel.parent_id : undefined
  return {
    key: id,
    place: parent ? toPlace(guild ?? '', parent, where) : toPlace(guild ?? '', where, ''),
    actor: actorOf(who),
    at: new Date(timeOf(id)).toISOString(),
  }
}

const DISCORD_EPOCH_MS = 1_420_070_400_000n

/** When an id was given. https://docs.discord.com/developers/reference#snowflakes */
const timeOf = (id: string) => Number((BigInt(id) >> 22n) + DISCORD_EPOCH_MS)
