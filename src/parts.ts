/** What one process holds: the database, the fence, the workspaces, the agents of this machine. Opened in order, closed in reverse. */
import { access, mkdir, readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { detectAgents, pickAgent, type PickedAgent } from './agents/detect.ts'
import { readProfiles } from './agents/profiles.ts'
import type { AgentProfile } from './agents/driver.ts'
import { createGateway, type Gateway } from './gateway/gateway.ts'
import { readPrices } from './gateway/prices.ts'
import { openDatabase, type Database } from './db/connect.ts'
import { createWithLock } from './db/with-lock.ts'
import type { Config } from './config.ts'
import { cleanEnvironment } from './lib/clean-environment.ts'
import { UserError, codeOf, messageOf } from './lib/errors.ts'
import type { Log } from './lib/log.ts'
import type { Sealer } from './lib/seal.ts'
import { openSealer } from './open-sealer.ts'
import { openTranscriber } from './speech/open-transcriber.ts'
import type { Transcriber } from './speech/transcriber.ts'
import { openFence } from './workspaces/fence/open-fence.ts'
import { createGitWorkspaces } from './workspaces/git/git-workspaces.ts'
import type { Fence, Workspaces } from './workspaces/workspace.ts'

export interface Parts {
  config: Config
  env: NodeJS.ProcessEnv
  log: Log
  database: Database
  fence: Fence
  workspaces: Workspaces
  profiles: readonly AgentProfile[]
  picked: PickedAgent
  gateway: Gateway
  /** For credentials that are stored. */
  sealer: Sealer
  /** For voice messages, where a service for that is set. */
  transcriber: Transcriber | undefined
  host: string
  close(): Promise<void>
}

/** `UserError` where something that the user set, or the machine, will not do. Nothing stays open then. */
export async function openParts(config: Config, env: NodeJS.ProcessEnv, log: Log): Promise<Parts> {
  await makeHome(config.home)
  const prices = readPrices(await readJson(config.pricesFile, 'prices-file'))
  const fence = await openFence({
    sandbox: config.DROVER_SANDBOX,
    stateDir: join(config.home, 'fence'),
    path: env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    onEgress: (event) => log.info({ egress: event }, 'egress'),
  })
  refuseOpenDoors(config, fence)
  const profiles = readProfiles(await readJson(config.agentsFile, 'agents-file'), { fenced: fence.kind !== 'none' })
  const picked = pickAgent(await detectAgents(profiles, env), config.DROVER_AGENT)
  const sealer = await openSealer(config)
  const transcriber = await openTranscriber(config)
  const database = await openDatabase({
    folder: join(config.home, 'postgres'),
    // Each run needs one now and then, the locks of the caches one each. Those who handle and send must leave some to the API.
    poolSize: config.DROVER_DATABASE_CONNECTIONS ?? Math.max(24, config.DROVER_CONCURRENCY + 20),
    onWarning: (message) => log.warn(message),
    ...(config.DATABASE_URL !== undefined && { url: config.DATABASE_URL }),
  })
  const workspaces = createGitWorkspaces({
    fence,
    root: config.workspacePath,
    cacheRoot: join(config.home, 'cache'),
    withLock: createWithLock(database),
    env: cleanEnvironment(env, ['HOME', 'USER', 'SSH_AUTH_SOCK']),
  })
  return {
    config,
    env,
    log,
    database,
    fence,
    workspaces,
    profiles,
    picked,
    gateway: createGateway({ upstreams: config.upstreams, prices, log }),
    sealer,
    transcriber,
    host: hostname(),
    close: () => database.close(),
  }
}

async function makeHome(home: string) {
  try {
    await mkdir(home, { recursive: true })
    await access(home, 2)
  } catch (cause) {
    throw new UserError(
      'data-folder',
      `Drover cannot use the data folder ${home}: ${messageOf(cause)}. Set DROVER_HOME to a folder that it may write to.`,
      { cause },
    )
  }
}

/** An object; empty where the file is not there. */
async function readJson(path: string, errorCode: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return '{}'
    throw new UserError(errorCode, `${path} cannot be read: ${messageOf(cause)}`, { cause })
  })
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new UserError(errorCode, `${path} is no JSON: ${messageOf(cause)}`, { cause })
  }
}

export const isLoopback = (host: string) => host === 'localhost' || host === '::1' || host.startsWith('127.')

function refuseOpenDoors(config: Config, fence: Fence) {
  if (isLoopback(config.HOST) || fence.kind !== 'none' || config.DROVER_SANDBOX === 'off') return
  throw new UserError(
    'no-fence',
    `HOST=${config.HOST} opens Drover to other machines, and there is no fence around its agents. ${fence.explanation} ` +
      'Or set DROVER_SANDBOX=off to run agents unfenced, knowingly.',
  )
}
