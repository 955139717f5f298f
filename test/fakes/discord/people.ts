/** What people do on Discord, and what they see there. */
import { ChannelType, MessageFlags } from 'discord-api-types/v10'
import type { SentFile } from './cdn.ts'
import type { Gateway } from './gateway-server.ts'
import type { Interactions } from './interactions.ts'
import { seeMarkdown, type Rendered } from './see-message.ts'
import { toEvent, type Channel, type Message, type Person, type World } from './world.ts'

interface Seen extends Rendered {
  id: string
  /** As it was sent. */
  content: string
  buttons: string[]
  files: { name: string; content: string }[]
  notified: string[]
  flags: number
}

interface SayOptions {
  person?: Person
  replyTo?: string
  isWebhook?: boolean
  files?: SentFile[]
}

export interface People {
  ada: Person
  bert: Person
  /** Where Ada is alone with the bot. */
  direct: string
  /** A text channel. */
  channel: string
  addChannel(name: string): string
  addPerson(name: string): Person
  /** `@Drover` is a mention, `@&Drover` one of its role. Returns the message's id. */
  say(channel: string, text: string, options?: SayOptions): string
  /** `/name text…`. */
  slash(channel: string, text: string): void
  press(channel: string, messageId: string, label: string): void
  remove(channel: string, messageId: string): void
  /** Takes the files out of a message. */
  removeFiles(messageId: string): void
  throwOut(channel: string): void
  removeThread(channel: string): void
  /** The bot's messages in a channel or thread as they look now, oldest first. */
  shown(channel: string): Seen[]
}

interface Parts {
  world: World
  gateway: Pick<Gateway, 'tell'>
  interactions: Interactions
}

export function createPeople({ world, gateway, interactions }: Parts): People {
  const { channels, messages, bot } = world
  const addPerson = (name: string) => {
    const person = { id: world.nextId(), username: name }
    world.people.push(person)
    return person
  }
  const addChannel = (name: string) => world.addChannel({ type: ChannelType.GuildText, name }).id
  const ada = addPerson('ada')
  const bert = addPerson('bert')
  const direct = world.addChannel({ type: ChannelType.DM, name: '', recipient: ada }).id

  const channelOf = (id: string): Channel => {
    const channel = channels.get(id)
    if (!channel) throw new Error(`the test knows no channel ${id}`)
    return channel
  }
  const messageOf = (id: string): Message => {
    const message = messages.find((one) => one.id === id)
    if (!message) throw new Error(`the test knows no message ${id}`)
    return message
  }

  return {
    ada,
    bert,
    direct,
    channel: addChannel('general'),
    addChannel,
    addPerson,
    say(channel, text, { person = ada, replyTo, isWebhook = false, files = [] } = {}) {
      const content = text.trim().replaceAll('@&Drover', `<@&${world.botRole}>`).replaceAll('@Drover', `<@${bot.id}>`)
      const message: Message = {
        id: world.nextId(),
        channel: channelOf(channel),
        author: person,
        content,
        components: [],
        files,
        flags: files.some(({ isVoice }) => isVoice) ? MessageFlags.IsVoiceMessage : 0,
        replyTo: replyTo === undefined ? undefined : messageOf(replyTo),
        isWebhook,
        editedAt: null,
        notified: [],
      }
      messages.push(message)
      gateway.tell('MESSAGE_CREATE', toEvent(message, world))
      return message.id
    },
    slash(channel, text) {
      const [, name = '', rest = ''] = /^\/(\S+)\s*([^]*)$/.exec(text) ?? []
      gateway.tell('INTERACTION_CREATE', interactions.slash(ada, channelOf(channel), name, rest))
    },
    press: (_, messageId, label) =>
      gateway.tell('INTERACTION_CREATE', interactions.press(ada, messageOf(messageId), label)),
    remove(_, messageId) {
      messages.splice(messages.indexOf(messageOf(messageId)), 1)
    },
    removeFiles(messageId) {
      messageOf(messageId).files = []
    },
    throwOut(id) {
      channelOf(id).isClosed = true
    },
    removeThread: (id) => void channels.delete(id),
    shown: (id) => messages.filter(({ channel, author }) => channel.id === id && author === bot).map(toSeen),
  }
}

const toSeen = ({ id, content, components, files, notified, flags }: Message): Seen => ({
  id,
  content,
  ...seeMarkdown(content),
  buttons: components.flatMap(({ components }) =>
    components.map((button) => ('label' in button ? (button.label ?? '') : '')),
  ),
  files: files.map(({ name, content }) => ({ name, content: content.toString() })),
  notified,
  flags,
})
