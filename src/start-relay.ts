/** The public end of the relay, as a process of its own; and its channels, which people make on that machine. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from './config.ts'
import { openDatabase, type Database } from './db/connect.ts'
import { asSystem, type Db } from './db/scope.ts'
import { startServer } from './http/server.ts'
import { UserError } from './lib/errors.ts'
import type { Log } from './lib/log.ts'
import type { RelayChannel } from './relay/channel.ts'
import { LIMITS } from './relay/limits.ts'
import { startRelayDoors } from './relay/relay.ts'
import { addChannel, listChannels, removeChannel } from './relay/store.ts'
import type { Service } from './start-service.ts'

/** No agent, no channel, no API: a database, and the doors that posts come in and go out by. */
export async function startRelay(config: Config, log: Log): Promise<Omit<Service, 'apiKey'>> {
  const database = await openDatabaseOf(config, (message) => log.warn(message))
  try {
    const doors = startRelayDoors({ database, log, limits: LIMITS })
    const server = await startServer(doors, {
      host: config.HOST,
      port: config.PORT,
      ...(config.DROVER_PUBLIC_URL !== undefined && { allowedHosts: [new URL(config.DROVER_PUBLIC_URL).hostname] }),
    }).catch(async (error: unknown) => {
      await doors.close()
      throw error
    })
    await writeFile(addressFile(config), config.DROVER_PUBLIC_URL ?? server.url)
    return {
      url: server.url,
      summary: [
        `Data in ${config.DATABASE_URL === undefined ? `${config.home}, with the built-in PostgreSQL` : 'the database at DATABASE_URL'}`,
        config.DROVER_PUBLIC_URL === undefined
          ? 'Platforms need an https address: put a TLS proxy before it, and set DROVER_PUBLIC_URL to that address'
          : `Platforms reach it at ${config.DROVER_PUBLIC_URL}`,
        'Make a channel: drover relay add NAME',
      ],
      async stop() {
        await server.stop()
        await database.close()
      },
    }
  } catch (error) {
    await database.close()
    throw error
  }
}

/** The channels of the relay of this machine, whether it runs or not. */
export function relayDesk(config: Config) {
  const within = async <T>(work: (db: Db) => Promise<T>): Promise<T> => {
    const database = await openDatabaseOf(config, () => undefined)
    try {
      return await asSystem(database, work)
    } finally {
      await database.close()
    }
  }
  /** Where the relay was last started: this shell may not know it. */
  const started = () => readFile(addressFile(config), 'utf8').catch(() => `http://${config.HOST}:${config.PORT}`)
  const addressOf = async (id: string) =>
    `${(config.DROVER_PUBLIC_URL ?? (await started())).trim().replace(/\/$/, '')}/r/${id}`
  return {
    async add(name: string): Promise<{ name: string; url: string; token: string }> {
      const { id, token } = await within((db) => addChannel(db, name))
      return { name, url: await addressOf(id), token }
    },
    async list(): Promise<(Omit<RelayChannel, 'id'> & { url: string })[]> {
      const channels = await within(listChannels)
      return Promise.all(channels.map(async ({ id, ...channel }) => ({ ...channel, url: await addressOf(id) })))
    },
    async remove(name: string): Promise<void> {
      if (await within((db) => removeChannel(db, name))) return
      throw new UserError('relay-channel', `This relay has no channel "${name}". \`drover relay list\` lists them.`)
    },
  }
}

const addressFile = ({ home }: Config) => join(home, 'relay-address')

const openDatabaseOf = ({ home, DATABASE_URL }: Config, onWarning: (message: string) => void): Promise<Database> =>
  openDatabase({
    folder: join(home, 'postgres'),
    onWarning,
    ...(DATABASE_URL !== undefined && { url: DATABASE_URL }),
  })
