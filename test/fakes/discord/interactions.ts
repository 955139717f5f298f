/** Slash commands and buttons: each may be answered once, within three seconds. */
import { InteractionType } from 'discord-api-types/v10'
import { z } from 'zod'
import { Refusal, unknownInteraction } from './refusal.ts'
import {
  isDirect,
  toChannel,
  toMember,
  toUser,
  toWire,
  type Channel,
  type Message,
  type Person,
  type World,
} from './world.ts'

export interface Interactions {
  /** The payload, as Discord tells it to the Gateway or posts it. */
  slash(person: Person, channel: Channel, name: string, text: string): Record<string, unknown>
  press(person: Person, message: Message, label: string): Record<string, unknown>
  /** An answer of the bot's. Throws Refusal. */
  acknowledge(id: string, token: string, body: unknown): void
  /** All open ones have waited for longer than three seconds. */
  expire(): void
  /** What the person was told, oldest first: the text of a reply, or '' where a button only stopped turning. */
  answers: { id: string; text: string; isPrivate: boolean }[]
}

const TOKEN_MS = 3000

const callbackShape = z.object({
  type: z.number(),
  data: z.object({ content: z.string().optional(), flags: z.number().default(0) }).optional(),
})

export function createInteractions(world: World): Interactions {
  const open = new Map<string, { id: string; untilMs: number; isAnswered: boolean }>()
  const answers: Interactions['answers'] = []

  function payload(person: Person, channel: Channel, type: InteractionType, more: object) {
    const id = world.nextId()
    const token = `aW50ZXJhY3Rpb246${id}`
    open.set(token, { id, untilMs: Date.now() + TOKEN_MS, isAnswered: false })
    const who = isDirect(channel)
      ? { user: toUser(person), context: 1 }
      : { member: { ...toMember(), user: toUser(person), permissions: '0' }, guild_id: world.guild, context: 0 }
    return {
      id,
      application_id: world.bot.id,
      type,
      token,
      version: 1,
      channel_id: channel.id,
      channel: toChannel(channel, world.guild),
      locale: 'en-US',
      app_permissions: '0',
      entitlements: [],
      authorizing_integration_owners: {},
      attachment_size_limit: 10_485_760,
      ...who,
      ...more,
    }
  }

  return {
    answers,
    slash(person, channel, name, text) {
      const options = text === '' ? [] : [{ type: 3, name: 'text', value: text }]
      return payload(person, channel, InteractionType.ApplicationCommand, {
        data: { id: world.nextId(), name, type: 1, ...(options.length > 0 && { options }) },
      })
    },
    press(person, message, label) {
      const button = message.components
        .flatMap(({ components }) => components)
        .find((one) => 'label' in one && one.label === label)
      if (!button) throw new Error(`There is no button ${label} under message ${message.id}.`)
      return payload(person, message.channel, InteractionType.MessageComponent, {
        message: toWire(message, world),
        data: { custom_id: button.custom_id, component_type: 2, id: 2 },
      })
    },
    acknowledge(id, token, body) {
      const one = open.get(token)
      if (!one || one.id !== id || Date.now() > one.untilMs) throw unknownInteraction()
      if (one.isAnswered) throw new Refusal(400, 40_060, 'Interaction has already been acknowledged.')
      const { data } = callbackShape.parse(body)
      one.isAnswered = true
      answers.push({ id, text: data?.content ?? '', isPrivate: ((data?.flags ?? 0) & 64) !== 0 })
    },
    expire() {
      for (const one of open.values()) one.untilMs = 0
    },
  }
}
