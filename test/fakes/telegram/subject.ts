/** Telegram for the contract suite, twice: asked by us, and posting to us. */
import type { Place } from '../../../src/channels/channel.ts'
import { telegram as kind } from '../../../src/channels/telegram/telegram.ts'
import { RATE_SECONDS, type ChannelSubject, type Fault, type Platform, type Shown } from '../../channel-contract.ts'
import { createTestStore } from '../../channel-host.ts'
import { openDoor } from '../open-door.ts'
import type { Fault as TelegramFault } from './faults.ts'
import type { Seen } from './people.ts'
import { startTelegram, WRITES, type Telegram } from './start-telegram.ts'

export const telegramSubject: ChannelSubject = {
  name: 'Telegram',
  async open() {
    const telegram = await startTelegram()
    const settings = { TELEGRAM_BOT_TOKEN: telegram.token, TELEGRAM_API_URL: telegram.url }
    return {
      store: createTestStore(),
      create: (host) => kind.create(settings, host)!,
      platform: createPlatform(telegram, () => telegram.updates.pollers()),
      [Symbol.asyncDispose]: telegram.stop,
    }
  },
}

export const telegramWebhookSubject: ChannelSubject = {
  name: 'Telegram, by webhook',
  async open() {
    const telegram = await startTelegram()
    const door = await openDoor('/webhooks/telegram')
    const settings = {
      TELEGRAM_BOT_TOKEN: telegram.token,
      TELEGRAM_API_URL: telegram.url,
      TELEGRAM_WEBHOOK_URL: door.url,
    }
    return {
      store: createTestStore(),
      create: (host) => door.behind(kind.create(settings, host)!),
      platform: createPlatform(telegram, door.open),
      async [Symbol.asyncDispose]() {
        await telegram.stop()
        await door.close()
      },
    }
  },
}

function createPlatform(telegram: Telegram, listeners: () => number): Platform {
  const { people } = telegram
  const ada = people.add(7001, 'Ada')
  const alone = people.privateChat(ada)
  const group = people.group({ isForum: true })
  const topic = people.topic(group, 'Ideas')
  let lastSent = 0
  const seenIn = ({ room, thread }: Place) =>
    people
      .messages(Number(room))
      .filter((message) => message.from === telegram.world.bot.first_name && String(message.thread ?? '') === thread)

  return {
    person: { id: String(ada.id), name: 'ada' },
    say: async (text) => void people.say(ada, alone, text),
    sayToOthers: async (text) => void people.say(ada, group, text, { thread: topic }),
    mention: async (text) => void people.say(ada, group, `@${telegram.world.bot.username} ${text}`, { thread: topic }),
    // As the menu has it.
    command: async (text) =>
      void people.say(
        ada,
        alone,
        text.replace(/^\S+/, (word) => word.replaceAll('-', '_')),
      ),
    press: async ({ room }, messageId, label) => void people.press(ada, Number(room), Number(messageId), label),
    redeliver: async () => people.redeliver(),
    shown: async (place) => seenIn(place).map(toShown),
    remove: async ({ room }, messageId) => people.remove(Number(room), Number(messageId)),
    throwOut: async ({ room }) => people.throwOut(Number(room)),
    setTokenValid: telegram.setTokenValid,
    fault: (fault) => telegram.fail(WRITES, FAULTS[fault]),
    dropConnections: telegram.dropConnections,
    listeners,
    files: {
      async send({ name, mediaType, content, isVoice = false }, text) {
        const document = { name, mediaType, content: Buffer.from(content), ...(isVoice && { kind: 'voice' as const }) }
        lastSent = people.say(ada, alone, text, { document })
      },
      removeLast: async () => people.removeFile(lastSent),
    },
  }
}

const FAULTS: Record<Fault, TelegramFault> = {
  rate: { kind: 'rate', seconds: RATE_SECONDS },
  'server-error': { kind: 'bad-gateway' },
  'drop-before': { kind: 'drop-before' },
  'drop-after': { kind: 'drop-after' },
}

function toShown({ id, text, entities, buttons, document, notified }: Seen): Shown {
  const partsOf = (...types: string[]) =>
    entities.filter(({ type }) => types.includes(type)).map(({ offset, length }) => text.slice(offset, offset + length))
  return {
    id: String(id),
    // What nobody sees stands between @ and a name that must not be notified.
    text: text.replaceAll('\u200B', ''),
    code: partsOf('code', 'pre'),
    links: entities.flatMap(({ url }) => url ?? []),
    buttons,
    files: document ? [{ name: document.name, content: document.content.toString() }] : [],
    notified,
  }
}
