/** The platforms on which stories are told: what a person types, and what he then sees. */
import type { ConsoleMessages } from '../../src/http/wire.ts'
import { startSlack } from '../fakes/slack/start-slack.ts'
import { startTelegram } from '../fakes/telegram/start-telegram.ts'
import type { TestService } from '../test-service.ts'

/** One person alone with the bot. */
export interface StoryPlatform {
  name: string
  /** What the service needs to be there. */
  settings: Record<string, string>
  /** Called once the service runs. */
  join(service: TestService): Promise<Person>
  close(): Promise<void>
}

export interface Person {
  say(text: string): Promise<void>
  press(messageId: string, label: string): Promise<void>
  /** All that the bot shows now, oldest first. */
  messages(): Promise<{ id: string; text: string; buttons: string[]; files: string[] }[]>
}

export async function telegramStory(streaming = 'batch'): Promise<StoryPlatform> {
  const telegram = await startTelegram()
  const ann = telegram.people.add(7001, 'Ann')
  const chat = telegram.people.privateChat(ann)
  return {
    name: 'Telegram',
    settings: {
      TELEGRAM_BOT_TOKEN: telegram.token,
      TELEGRAM_API_URL: telegram.url,
      TELEGRAM_ALLOWED_USER_IDS: String(ann.id),
      TELEGRAM_STREAMING_MODE: streaming,
    },
    join: async () => ({
      say: async (text) => void telegram.people.say(ann, chat, text),
      press: async (id, label) => void telegram.people.press(ann, chat, Number(id), label),
      messages: async () =>
        telegram.people
          .messages(chat)
          .filter(({ from }) => from === telegram.world.bot.first_name)
          .map(({ id, text, buttons, document }) => ({
            id: String(id),
            text,
            buttons,
            files: document ? [document.content.toString()] : [],
          })),
    }),
    close: () => telegram.stop(),
  }
}

export async function slackStory(streaming = 'batch'): Promise<StoryPlatform> {
  const slack = await startSlack()
  const { home } = slack
  return {
    name: 'Slack',
    settings: {
      SLACK_BOT_TOKEN: home.botToken,
      SLACK_APP_TOKEN: slack.appToken,
      SLACK_API_URL: slack.apiUrl,
      SLACK_ALLOWED_USER_IDS: home.ada.id,
      SLACK_STREAMING_MODE: streaming,
    },
    join: async () => ({
      // What begins with a slash does not get to an app: there is one command for all.
      say: async (text) =>
        void (text.startsWith('/') ? await home.slash(home.direct, text.slice(1)) : await home.say(home.direct, text)),
      press: (id, label) => home.press(home.direct, id, label),
      messages: async () =>
        (await home.shown(home.direct, '')).map(({ ts, text, buttons, files }) => ({
          id: ts,
          text,
          buttons: buttons.map(({ label }) => label),
          files: files.map(({ content }) => content),
        })),
    }),
    close: () => slack.stop(),
  }
}

/** The terminal's door: what `drover chat` does. */
export async function consoleStory(): Promise<StoryPlatform> {
  return {
    name: 'console',
    settings: {},
    async join(service) {
      const { room } = await service.call<{ room: string }>('POST', '/v1/console', {})
      const path = `/v1/console/${room}`
      return {
        say: async (text) => void (await service.call('POST', `${path}/messages`, { text })),
        press: async () => undefined,
        async messages() {
          const { messages } = await service.call<ConsoleMessages>('GET', `${path}/messages?limit=100`)
          return messages.flatMap((message) =>
            // What still grows is not yet the answer.
            message.by === 'drover' && message.text !== '' && message.isFinal
              ? [{ id: message.id, text: message.text, buttons: [], files: [] }]
              : [],
          )
        },
      }
    },
    close: async () => undefined,
  }
}
