import { UserError } from '../../lib/errors.ts'
import type { Channel, ChannelHost, ChannelKind } from '../channel.ts'

/** Terminals. They read and write over the API (src/http/console-routes.ts): what the outbox says is shown, they show. */
export const consoleChannel = {
  title: 'Console',
  create: (_settings, host) => createConsole(host),
  settings: [],
  setup: {
    steps: ['Nothing to do: `drover chat` speaks on it.'],
    ownId: 'Whoever has an API key may: `drover key list` shows their ids.',
    placeOf(given) {
      const room = given.trim()
      if (/^cnv_[0-9a-z]+$/.test(room)) return { tenant: '', room, thread: '' }
      throw new UserError('console-settings', `"${given}" is no conversation: give its id, cnv_….`)
    },
  },
} satisfies ChannelKind

/** A message is there as soon as its delivery says so; the text of it is in `deliveries.shown`, and nowhere else. */
const createConsole = (host: ChannelHost): Channel => ({
  name: 'console',
  limits: { text: 200_000, pieces: 50, sendGapMs: 0, editGapMs: 100, fileBytes: 0, idempotentSend: true },
  streaming: 'stream',
  check: async () => 'Terminals, by `drover chat`.',
  start() {
    host.report({ isUp: true })
    return { stop: async () => undefined }
  },
  send: async (_place, _message, { idempotencyKey }) => idempotencyKey,
  edit: async () => undefined,
})
