/** One Slack workspace: the emulator that remembers it, and what people do in it. */
import { createEmulator } from 'emulate'
import { BOT_SCOPES } from '../../../src/channels/slack/manifest.ts'
import { checkBlocks, type Block, type BlockRules } from './block-rules.ts'
import { changedEvent, eventBody, mentionEvent, messageEvent, pressBody, slashBody, type Where } from './payloads.ts'
import { createSharedFiles, type SharedFile } from './shared-files.ts'
import { seeMessage, type Message, type Seen } from './see-message.ts'
import type { Answer, Envelope } from './deliveries.ts'

interface Person {
  id: string
  name: string
  token: string
}

/** A message of the bot, as people see it. */
interface Shown extends Seen {
  files: { name: string; content: string }[]
}

export interface FakeWorkspace {
  team: string
  name: string
  botToken: string
  botUser: string
  ada: Person
  /** Where she is alone with the bot. */
  direct: string
  channel: string
  /** Returns the ts. `@Drover` is a mention. */
  say(channel: string, text: string, thread?: string, person?: Person): Promise<string>
  /** Uploads a file and shares it with these words, as one message. Returns the file's id. */
  share(channel: string, text: string, file: SharedFile): Promise<string>
  files: Pick<ReturnType<typeof createSharedFiles>, 'remove' | 'read'>
  slash(channel: string, text: string): Promise<unknown>
  press(channel: string, ts: string, label: string): Promise<void>
  shown(channel: string, thread: string): Promise<Shown[]>
  remove(channel: string, ts: string): Promise<void>
  /** Channels that the bot was thrown out of. */
  closed: Set<string>
  /** A call of the app's, answered as Slack does. */
  answer(method: string, token: string, params: Record<string, string>): Promise<Record<string, unknown>>
  upload(path: string, content: Uint8Array): Promise<number>
  stop(): Promise<void>
}

/** The emulator has one team in each. */
const ITS_TEAM = 'T000000001'
const BOT_USER = 'U0DROVER'
const BOT_ID = 'B0DROVER'

interface Options {
  team: string
  rules: BlockRules & { secondsBetweenMessages: number; mentionsHaveFiles: boolean }
  deliver(envelope: Envelope): Promise<Answer>
  /** Where files are uploaded. */
  origin(): string
}

export async function openWorkspace({ team, rules, deliver, origin }: Options): Promise<FakeWorkspace> {
  const botToken = `xoxb-${team}`
  const emulator = await createEmulator({
    service: 'slack',
    port: 0,
    seed: {
      slack: {
        team: { name: `Acme ${team}`, domain: 'acme' },
        users: [{ name: 'ada', real_name: 'Ada Lovelace' }],
        channels: [{ name: 'eng' }],
        oauth_apps: [
          {
            app_id: 'A0DROVER',
            client_id: '1.2',
            client_secret: 'secret',
            name: 'Drover',
            redirect_uris: [],
            scopes: BOT_SCOPES,
            bot_id: BOT_ID,
            bot_user_id: BOT_USER,
            bot_name: 'drover',
          },
        ],
        tokens: [
          // What the manifest does not ask for is not allowed.
          { token: botToken, type: 'bot', user: BOT_USER, bot_id: BOT_ID, scopes: BOT_SCOPES },
          { token: 'xoxp-ada', user: 'ada', scopes: [...BOT_SCOPES, 'channels:read', 'files:read'] },
        ],
        strict_scopes: true,
      },
    },
  })
  const url = emulator.url.replace('localhost', '127.0.0.1')

  async function ask(method: string, token: string, params: Record<string, unknown>) {
    const response = await fetch(`${url}/api/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(params),
    })
    // The emulator answers 404 where Slack says this.
    if (response.status === 404) return { ok: false, error: 'unknown_method' }
    const text = (await response.text()).replaceAll(ITS_TEAM, team).replaceAll(emulator.url, origin())
    return JSON.parse(text) as Record<string, unknown>
  }
  const must = async (method: string, token: string, params: Record<string, unknown>) => {
    const answer = await ask(method, token, params)
    if (answer['ok'] !== true) throw new Error(`The emulator refuses ${method}: ${JSON.stringify(answer)}`)
    return answer
  }

  const { members } = (await must('users.list', botToken, {})) as { members: { id: string; name: string }[] }
  const ada = { id: members.find(({ name }) => name === 'ada')!.id, name: 'ada', token: 'xoxp-ada' }
  const { channels } = (await must('conversations.list', ada.token, {})) as { channels: { id: string; name: string }[] }
  const channel = channels.find(({ name }) => name === 'eng')!.id
  const opened = (await must('conversations.open', botToken, { users: ada.id })) as { channel: { id: string } }
  const direct = opened.channel.id

  const closed = new Set<string>()
  const lastPosted = new Map<string, number>()
  const files = createSharedFiles({ url, call: (method, params) => must(method, ada.token, params) })
  const echoes: Promise<unknown>[] = []
  const where = (room: string): Where => ({ team, botUser: BOT_USER, channel: room })

  async function all(room: string, thread: string): Promise<Message[]> {
    const { messages } = (await (thread === ''
      ? must('conversations.history', ada.token, { channel: room, limit: 1000 })
      : must('conversations.replies', ada.token, { channel: room, ts: thread }))) as { messages: Message[] }
    return messages.map(files.describe).toSorted((a, b) => (a.ts < b.ts ? -1 : 1))
  }

  const find = async (room: string, ts: string) => {
    const tops = await all(room, '')
    const threads = await Promise.all(tops.map((top) => all(room, top.ts)))
    return threads.flat().find((message) => message.ts === ts)!
  }

  const tell = (room: string, event: Record<string, unknown>) =>
    deliver({ type: 'events_api', payload: eventBody(where(room), event) })

  const typed = (text: string) =>
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('@Drover', `<@${BOT_USER}>`)

  async function say(room: string, text: string, thread = '', person = ada) {
    const params = { channel: room, text: typed(text), ...(thread !== '' && { thread_ts: thread }) }
    const { ts } = (await must('chat.postMessage', person.token, params)) as { ts: string }
    spread(room, { user: person.id, text: typed(text), ts, ...(thread !== '' && { thread_ts: thread }) })
    return ts
  }

  /** A mention comes twice, in no order that one can rely on: here in the one that loses more to whoever believes the first. */
  function spread(room: string, message: Message) {
    const asMessage = messageEvent(where(room), message)
    const isMention = room !== direct && message.text?.includes(`<@${BOT_USER}>`)
    if (!isMention) return void tell(room, asMessage)
    const asMention = mentionEvent(where(room), message, rules.mentionsHaveFiles)
    for (const event of message.files ? [asMention, asMessage] : [asMessage, asMention]) void tell(room, event)
  }

  async function share(room: string, text: string, file: SharedFile) {
    const id = await files.share(room, typed(text), file)
    const message = (await all(room, '')).find((one) => one.files?.some((other) => other.id === id))
    spread(room, message!)
    return id
  }

  /** The bot hears itself as well, and its changes. */
  async function echo(method: string, room: string, ts: string) {
    const message = { ...(await find(room, ts)), bot_id: BOT_ID }
    const event = method === 'chat.update' ? changedEvent(where(room), message) : messageEvent(where(room), message)
    return deliver({ type: 'events_api', payload: eventBody(where(room), event) })
  }

  function refusalOf(method: string, params: Record<string, string>): Record<string, unknown> | undefined {
    const room = params['channel'] ?? params['channel_id'] ?? ''
    if (closed.has(room)) return { ok: false, error: room === direct ? 'channel_not_found' : 'not_in_channel' }
    if (method !== 'chat.postMessage' && method !== 'chat.update') return undefined
    const blocks = JSON.parse(params['blocks'] ?? '[]') as Block[]
    const refusal = checkBlocks(blocks, rules)
    if (refusal) return { ok: false, error: refusal.error, response_metadata: { messages: refusal.messages } }
    if (blocks.length === 0 && (params['text'] ?? '').trim() === '') return { ok: false, error: 'no_text' }
    if (method === 'chat.update') return undefined
    const now = Date.now()
    const waitMs = (lastPosted.get(room) ?? 0) + rules.secondsBetweenMessages * 1000 - now
    if (waitMs > 0) return { ok: false, error: 'ratelimited', retryAfter: Math.ceil(waitMs / 1000) }
    lastPosted.set(room, now)
    return undefined
  }

  async function answer(method: string, token: string, params: Record<string, string>) {
    const refusal = refusalOf(method, params)
    if (refusal) return refusal
    const result = await ask(method, token, params)
    if (result['ok'] !== true) return result
    if (method === 'conversations.history' || method === 'conversations.replies') {
      // The emulator knows no `oldest`, and does not say who is a bot.
      const messages = (result['messages'] as Message[])
        .filter(({ ts }) => ts > (params['oldest'] ?? '') || ts === params['ts'])
        .map(files.describe)
        .map((message) => (message.user === BOT_USER ? { ...message, bot_id: BOT_ID } : message))
      return { ...result, messages }
    }
    const { channel: room, ts } = result
    if (/^chat\.(postMessage|update)$/.test(method) && typeof room === 'string' && typeof ts === 'string')
      echoes.push(echo(method, room, ts))
    return result
  }

  async function contentOf({ id, name }: { id: string; name: string }) {
    const { file } = (await must('files.info', ada.token, { file: id }).catch(() => ({ file: {} }))) as {
      file: { url_private?: string }
    }
    const path = file.url_private ? new URL(file.url_private).pathname : `/files-pri/${id}/${encodeURIComponent(name)}`
    const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${ada.token}` } })
    return { name, content: await response.text() }
  }

  return {
    team,
    name: `Acme ${team}`,
    botToken,
    botUser: BOT_USER,
    ada,
    direct,
    channel,
    say,
    share,
    files,
    slash: async (room, text) =>
      (await deliver({ type: 'slash_commands', payload: slashBody(where(room), ada, '/drover', text) }))?.payload,
    async press(room, ts, label) {
      const message = await find(room, ts)
      const button = seeMessage(message).buttons.find((other) => other.label === label)
      if (!button) throw new Error(`There is no button ${label}.`)
      void deliver({
        type: 'interactive',
        payload: pressBody(where(room), ada, { ...message, bot_id: BOT_ID }, button),
      })
    },
    async shown(room, thread) {
      const messages = (await all(room, thread)).filter(({ user }) => user === BOT_USER)
      return Promise.all(
        messages.map(async (message) => ({
          ...seeMessage(message),
          files: await Promise.all((message.files ?? []).map(contentOf)),
        })),
      )
    },
    async remove(room, ts) {
      await must('chat.delete', botToken, { channel: room, ts })
    },
    closed,
    answer,
    async upload(path, content) {
      const response = await fetch(`${url}${path}`, { method: 'POST', body: new Uint8Array(content) })
      return response.status
    },
    async stop() {
      await Promise.all(echoes)
      await emulator.close()
    },
  }
}
