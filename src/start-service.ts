/** What a process of Drover does, started and stopped in the right order: the service, or a worker alone. */
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { agentDirectory, agentSet } from './agent-set.ts'
import { createApp } from './app.ts'
import { openChannels, sealFor } from './channel-set.ts'
import { allowedIn, busyIn } from './channel-settings.ts'
import type { Channel } from './channels/channel.ts'
import { createOpenDoor } from './open-door.ts'
import type { Config } from './config.ts'
import { asOrg, asSystem } from './db/scope.ts'
import { startServer } from './http/server.ts'
import { joinRelay } from './join-relay.ts'
import { messageOf, RetryLater, UserError } from './lib/errors.ts'
import type { Log } from './lib/log.ts'
import { DEFAULT_ORG } from './orgs/org.ts'
import { authenticate, createApiKey, listApiKeys } from './orgs/store.ts'
import { isLoopback, openParts, type Parts } from './parts.ts'
import { VERSION } from './version.ts'

export interface Started {
  /** For people: what runs, and what they may want to know of it. */
  summary: string[]
  stop(): Promise<void>
}

export interface Service extends Started {
  url: string
  apiKey: string
}

/** API, worker and upkeep in this process. */
export async function startService(config: Config, env: NodeJS.ProcessEnv, log: Log): Promise<Service> {
  const parts = await openParts(config, env, log)
  const undo: (() => Promise<void>)[] = [() => parts.close()]
  try {
    const channels = await openChannels(parts)
    const app = appOf(parts, channels)
    await app.applyLimits()
    const apiKey = await keyOfThisMachine(parts)
    await refuseWithoutKey(parts)
    const server = await startServer(app.http, {
      host: config.HOST,
      port: config.PORT,
      allowedHosts: [config.DROVER_URL, config.DROVER_PUBLIC_URL].flatMap(
        (url) => URL.parse(url ?? '')?.hostname ?? [],
      ),
    })
    undo.push(() => server.stop())
    undo.push(...(await startLoops(parts, app)), ...startTalking(app))
    const relay = joinRelay(parts, server.url)
    if (relay) undo.push(() => relay.stop())
    return {
      url: server.url,
      apiKey,
      summary: [
        ...summaryOf(parts),
        ...saysChannels(channels),
        ...(relay ? [`Relay: ${relay.url}`] : []),
        `Its key is in ${keyFile(config)}; for other machines: drover key create`,
      ],
      async stop() {
        app.drain()
        await inReverse(undo)
      },
    }
  } catch (error) {
    await inReverse(undo)
    throw error
  }
}

/** A worker alone, on the database that others share. */
export async function startWorker(config: Config, env: NodeJS.ProcessEnv, log: Log): Promise<Started> {
  const parts = await openParts(config, env, log)
  const undo: (() => Promise<void>)[] = [() => parts.close()]
  try {
    // Not started: they are asked for what git may clone with.
    undo.push(...(await startLoops(parts, appOf(parts, await openChannels(parts)))))
    return { summary: summaryOf(parts), stop: () => inReverse(undo) }
  } catch (error) {
    await inReverse(undo)
    throw error
  }
}

function appOf(parts: Parts, channels: ReadonlyMap<string, Channel>) {
  const { config, env, profiles, picked } = parts
  const agents = agentSet(profiles, env, config.upstreams)
  return createApp({
    ...parts,
    version: VERSION,
    agents,
    channels,
    allowed: (channel) => (channel === 'console' ? 'everybody' : allowedIn(config.channels, channel)),
    busyMode: (channel) => busyIn(config.channels, channel),
    workspaceRoot: config.workspacePath,
    relayToken: config.DROVER_RELAY_TOKEN,
    seal: (text, channel, tenant) => parts.sealer.seal(text, sealFor(channel, tenant)),
    unseal: (sealed, channel, tenant) => parts.sealer.open(sealed, sealFor(channel, tenant)),
    openDoor: createOpenDoor({ ...parts, agents }),
    stateFolder: (orgId, agent, conversationId) => join(config.statePath, orgId, agent, conversationId),
    directory: agentDirectory(profiles, picked, env),
    remoteFor: ({ id, url }) => ({
      codebaseId: id,
      url,
      token: async (signal) =>
        config.gitTokens[URL.parse(url)?.hostname ?? ''] ?? tokenOfChannel(channels, url, signal),
    }),
    workspaceIdleDays: config.DROVER_WORKSPACE_IDLE_DAYS,
    maxRunning: {
      profiles,
      ...(config.DROVER_MAX_RUNNING_PER_ORG !== undefined && { perOrg: config.DROVER_MAX_RUNNING_PER_ORG }),
      ...(config.DROVER_MAX_RUNNING_PER_AGENT !== undefined && { perAgent: config.DROVER_MAX_RUNNING_PER_AGENT }),
    },
  })
}

/** That of the platform where the repository is, if Drover speaks there: a GitHub App has no other. */
async function tokenOfChannel(
  channels: ReadonlyMap<string, Channel>,
  url: string,
  signal = AbortSignal.timeout(30_000),
) {
  for (const channel of channels.values()) {
    try {
      const token = await channel.gitToken?.(url, signal)
      if (token !== undefined) return token
    } catch (cause) {
      throw new RetryLater(`${channel.name} gives no token for ${url}: ${messageOf(cause)}`, 30_000, { cause })
    }
  }
  return undefined
}

/** Upkeep, and workers unless this process is to have none. How to stop each, in the order of their start. */
async function startLoops({ config }: Parts, app: ReturnType<typeof createApp>): Promise<(() => Promise<void>)[]> {
  const upkeep = app.startUpkeep()
  if (config.DROVER_CONCURRENCY === 0) return [() => upkeep.stop()]
  const pool = await app.startWorkers({
    types: config.workerTypes,
    concurrency: config.DROVER_CONCURRENCY,
    version: VERSION,
    leaseSeconds: config.DROVER_LEASE_SECONDS,
    pollMs: 500,
    drainMs: config.DROVER_DRAIN_SECONDS * 1_000,
  })
  return [() => upkeep.stop(), () => pool.stop()]
}

/** What people say comes in, and what they are shown goes out. Stopped last in, first out: nothing new, then what is on its way. */
function startTalking(app: ReturnType<typeof createApp>): (() => Promise<void>)[] {
  const stages = [app.startOutbound(), app.startInbound(), app.startFetching(), ...app.startChannels()]
  return stages.map((stage) => () => stage.stop())
}

const saysChannels = (channels: ReadonlyMap<string, Channel>) => {
  const names = [...channels.keys()].filter((name) => name !== 'console' && name !== 'webhook')
  return names.length === 0 ? [] : [`Channels: ${names.join(', ')}`]
}

async function inReverse(undo: (() => Promise<void>)[]) {
  for (const step of undo.splice(0).toReversed()) await step()
}

const summaryOf = ({ config, picked, fence }: Parts) => [
  `Data in ${config.home}${config.DATABASE_URL === undefined ? ', with the built-in PostgreSQL' : ', database at DATABASE_URL'}`,
  `Agent: ${picked.name}. ${picked.reason}`,
  `Fence: ${fence.explanation}`,
]

const keyFile = (config: Config) => join(config.home, 'api-key')
const KEY_NAME_OF_MACHINE = 'this machine: '

/** The key that the command line of this machine uses: made at the first start, readable by its owner only. */
async function keyOfThisMachine({ config, database, host }: Parts): Promise<string> {
  const file = keyFile(config)
  const stored = (await readFile(file, 'utf8').catch(() => '')).trim()
  if (stored !== '' && (await asSystem(database, (db) => authenticate(db, stored)))) return stored
  const { token } = await asOrg(database, DEFAULT_ORG, (db) =>
    createApiKey(db, DEFAULT_ORG, `${KEY_NAME_OF_MACHINE}${host}`),
  )
  await writeFile(file, `${token}\n`, { mode: 0o600 })
  await chmod(file, 0o600)
  return token
}

/** Beyond this machine Drover opens only once somebody has made a key on purpose. */
async function refuseWithoutKey({ config, database }: Parts) {
  if (isLoopback(config.HOST)) return
  const keys = await asSystem(database, listApiKeys)
  if (keys.some((key) => !key.name.startsWith(KEY_NAME_OF_MACHINE))) return
  throw new UserError(
    'no-key',
    `HOST=${config.HOST} opens Drover to other machines, and no key was made for them. Start it once with HOST=127.0.0.1, run: drover key create <name>`,
  )
}
