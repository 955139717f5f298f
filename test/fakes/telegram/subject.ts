/** Telegram for the contract suite, twice: asked by us, and posting to us. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { Channel, Place } from '../../../src/channels/channel.ts'
import { telegram as kind } from '../../../src/channels/telegram/telegram.ts'
import { RATE_SECONDS, type ChannelSubject, type Fault, type Platform, type Shown } from '../../channel-contract.ts'
import { createTestStore } from '../../channel-host.ts'
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
    const door = await openDoor()
    const settings = {
      TELEGRAM_BOT_TOKEN: telegram.token,
      TELEGRAM_API_URL: telegram.url,
      TELEGRAM_WEBHOOK_URL: `${door.url}/webhooks/telegram`,
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

/** The HTTP server of the processes: what is posted goes to one whose channel runs, and is refused while none does. */
async function openDoor() {
  const running = new Set<Channel>()
  async function pass(incoming: IncomingMessage, outgoing: ServerResponse) {
    const [channel] = running
    const headers = new Headers(incoming.headers as Record<string, string>)
    const body = new Uint8Array(await buffer(incoming))
    const request = new Request(`http://door${incoming.url}`, { method: 'POST', headers, body })
    const response = (await channel?.receive?.(request)) ?? new Response('', { status: 503 })
    outgoing.writeHead(response.status).end(await response.text())
  }
  const server = createServer((incoming, outgoing) => void pass(incoming, outgoing))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open: () => running.size,
    behind: (channel: Channel): Channel => ({
      ...channel,
      start() {
        running.add(channel)
        const started = channel.start()
        return {
          async stop() {
            running.delete(channel)
            await started.stop()
          },
        }
      },
    }),
    async close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function createPlatform(telegram: Telegram, listeners: () => number): Platform {
  const { people } = telegram
  const ada = people.add(7001, 'Ada')
  const alone = people.privateChat(ada)
  const group = people.group({ isForum: true })
  const topic = people.topic(group, 'Ideas')
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
