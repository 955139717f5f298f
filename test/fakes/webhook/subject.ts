/** Webhooks for the contract suite: out by the channel, in by the HTTP edge over a database. */
import pg from 'pg'
import { webhookChannel } from '../../../src/channels/webhook/webhook.ts'
import type { Database } from '../../../src/db/connect.ts'
import { asSystem } from '../../../src/db/scope.ts'
import { createHttp } from '../../../src/http/http.ts'
import { startServer } from '../../../src/http/server.ts'
import type { CreatedHook } from '../../../src/http/wire.ts'
import { listSaid } from '../../../src/inbox/store.ts'
import { DEFAULT_ORG } from '../../../src/orgs/org.ts'
import { registerChannel } from '../../../src/places/channel-store.ts'
import { namesOf } from '../../../src/webhooks/hook.ts'
import type { ChannelSubject, Platform } from '../../channel-contract.ts'
import { createTestStore, type TestStore } from '../../channel-host.ts'
import { openTestApi, PARTS } from '../../http-kit.ts'
import { startProgram } from './program.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
/** The program's own: what is answered to a hook goes nowhere. */
const SUBSCRIPTION = { channel: 'webhook', tenant: 'whs_1', room: '', thread: '' }

export const webhookSubject: ChannelSubject = {
  name: 'Webhooks',
  // One program's 401 says nothing of the others': the channel has no login.
  lacks: ['files', 'groups', 'commands', 'buttons', 'edits', 'marks', 'login'],
  async open() {
    const api = await openTestApi()
    await asSystem(api.database, (db) => registerChannel(db, { name: 'webhook', orgId: DEFAULT_ORG, kind: 'webhook' }))
    await api.post('/v1/codebases', { url: '/srv/app', name: 'app' })
    const hook = await api.post<CreatedHook>('/v1/hooks', {
      name: 'alerts',
      codebase: 'app',
      template: '{{text}}',
      secret: SECRET,
    })

    const { store, database } = overDatabase(api.database)
    const http = createHttp({ ...PARTS, database })
    const edge = {
      ...http,
      async fetch(request: Request) {
        await noteTake(store, hook.id, request.clone())
        const answer = await http.fetch(request)
        if (answer.ok) store.events = await storedIn(api.database)
        return answer
      },
      // One for all of the processes below.
      close: async () => undefined,
    }
    const doors: string[] = []
    const program = await startProgram({ secret: SECRET, address: () => doors[0] && `${doors[0]}${hook.path}` })
    store.credentials.set(SUBSCRIPTION.tenant, { url: program.url, secret: SECRET })

    return {
      store,
      create(host) {
        const channel = webhookChannel.create({ DROVER_WEBHOOKS_ALLOW_PRIVATE: 'true' }, host)
        return {
          ...channel,
          start() {
            const started = channel.start()
            const opening = openDoor(edge, doors)
            return {
              async stop() {
                await started.stop()
                await (await opening).stop()
              },
            }
          },
        }
      },
      platform: createPlatform(hook, program, () => doors.length),
      async [Symbol.asyncDispose]() {
        await program.stop()
        await http.close()
        await api[Symbol.asyncDispose]()
      },
    }
  },
}

async function openDoor(edge: Parameters<typeof startServer>[0], doors: string[]) {
  const server = await startServer(edge, { host: '127.0.0.1', port: 0 })
  doors.push(server.url)
  return {
    async stop() {
      doors.splice(0, doors.length, ...doors.filter((url) => url !== server.url))
      await server.stop()
    },
  }
}

/** The store is a database, which can be away, and whose connections can be held back. */
function overDatabase(real: Database): { store: TestStore; database: Database } {
  let gate = Promise.resolve()
  const store: TestStore = {
    ...createTestStore(),
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return resolve
    },
  }
  const pool = Object.create(real.pool) as pg.Pool
  pool.connect = async () => {
    await gate
    if (store.isAway) throw new Error('the database is away')
    return real.pool.connect()
  }
  return { store, database: { ...real, pool } }
}

const storedIn = async (database: Database) =>
  (await asSystem(database, (db) => listSaid(db, { limit: 100 }))).map(({ event }) => event).toReversed()

/** A post that came in, by the name that it is to be known by. */
async function noteTake(store: TestStore, hookId: string, post: Request) {
  const header = (name: string) => post.headers.get(name) ?? undefined
  const { text } = (await post.json()) as { text: string }
  const [key = ''] = namesOf(hookId, { body: new Uint8Array(), header, arrivedAt: new Date() })
  const said = { place: SUBSCRIPTION, actor: { id: hookId, name: '', isBot: false }, at: '', messageId: key }
  store.takes.push({ ...said, type: 'message', key, text, isAddressed: true })
}

function createPlatform(
  { id, name }: CreatedHook,
  program: Awaited<ReturnType<typeof startProgram>>,
  listeners: () => number,
): Platform {
  const say = async (text: string) => program.say(text)
  const cannot = () => {
    throw new Error('Programs cannot do this.')
  }
  return {
    person: { id, name },
    speaksIn: SUBSCRIPTION,
    say,
    mention: say,
    sayToOthers: cannot,
    command: cannot,
    press: cannot,
    remove: cannot,
    setTokenValid: cannot,
    redeliver: async () => program.redeliver(),
    shown: async () =>
      program.kept().map(({ id: messageId, body }) => ({
        id: messageId,
        text: body,
        code: [],
        links: [],
        buttons: [],
        files: [],
        notified: [],
      })),
    throwOut: async () => program.leave(),
    fault: program.fault,
    dropConnections: program.dropConnections,
    listeners,
  }
}
