/** The composition root: the one place that knows every stage, and where each is given what it needs. */
import type { AgentProfile } from './agents/driver.ts'
import type { Channel } from './channels/channel.ts'
import type { Codebase } from './codebases/codebase.ts'
import type { Database } from './db/connect.ts'
import { asSystem } from './db/scope.ts'
import { createHttp } from './http/http.ts'
import type { AgentDirectory } from './http/parts.ts'
import { startFetching } from './inbound/fetch-attachments.ts'
import { startInbound } from './inbound/handle-inbound.ts'
import type { InboundParts } from './inbound/parts.ts'
import type { Log } from './lib/log.ts'
import { askPlatform } from './orgs/ask-platform.ts'
import { startOutbound } from './outbound/deliver.ts'
import type { Transcriber } from './speech/transcriber.ts'
import { setLimit, setWorkerType } from './tasks/store.ts'
import { accountProofTask } from './worker/kinds/account-proof.ts'
import { agentTask, type Agents, type AgentTaskParts } from './worker/kinds/agent.ts'
import { repositoryTask } from './worker/kinds/repository.ts'
import { startWorkerPool, type PoolOptions } from './worker/pool.ts'
import type { OpenRunDoor } from './worker/run-door.ts'
import { startUpkeep } from './worker/upkeep.ts'
import type { Fence, Remote, Workspaces } from './workspaces/workspace.ts'

export interface AppParts {
  database: Database
  log: Log
  version: string
  fence: Fence
  workspaces: Workspaces
  agents: Agents
  directory: AgentDirectory
  /** By name. */
  channels: ReadonlyMap<string, Channel>
  /** Undefined: voice messages are not set up. */
  transcriber: Transcriber | undefined
  allowed: InboundParts['allowed']
  busyMode: InboundParts['busyMode']
  workspaceRoot: string
  /** Encrypts what lets a channel into a tenant. */
  seal(text: string, channel: string, tenant: string): Buffer
  unseal(sealed: Buffer, channel: string, tenant: string): string
  relayToken: string | undefined
  /** Adds the token for its host, where there is one. */
  remoteFor(codebase: Pick<Codebase, 'id' | 'url'>): Remote
  openDoor: OpenRunDoor
  stateFolder: AgentTaskParts['stateFolder']
  host: string
  workspaceIdleDays: number
  maxRunning: {
    perOrg?: number
    perAgent?: number
    profiles: readonly Pick<AgentProfile, 'name' | 'maxRunning' | 'workerType'>[]
  }
}

/** Nothing runs yet: each part of what comes back is started by whoever wants it in this process. */
export function createApp(parts: AppParts) {
  const { database, log, version, fence, workspaces, directory, remoteFor, host, channels } = parts
  let draining = false
  return {
    http: createHttp({
      database,
      log,
      version,
      agents: directory,
      inspectRemote: (url) => workspaces.inspect(remoteFor({ id: 'cbs_new', url }), AbortSignal.timeout(60_000)),
      fence: fence.explanation,
      receive: async (name, request, arrivedAt) => channels.get(name)?.receive?.(request, arrivedAt),
      relayToken: parts.relayToken,
      async findAccount(name, account) {
        const accounts = channels.get(name)?.accounts
        return accounts && (await askPlatform(accounts.find(account, AbortSignal.timeout(20_000)))).id
      },
      seal: parts.seal,
      unseal: parts.unseal,
      isDraining: () => draining,
    }),
    /** From now on the API says that this process is about to stop. */
    drain: () => void (draining = true),
    startWorkers: (options: PoolOptions) =>
      startWorkerPool(
        {
          database,
          log,
          kinds: {
            agent: agentTask(parts),
            repository: repositoryTask(parts),
            'account-proof': accountProofTask(parts),
          },
        },
        options,
      ),
    startChannels: () => [...channels.values()].map((channel) => channel.start()),
    startInbound: () => startInbound({ ...parts, agents: directory }),
    startFetching: () => startFetching(parts),
    startOutbound: () => startOutbound(parts),
    startUpkeep: () => startUpkeep({ database, log, workspaces, host, workspaceIdleDays: parts.workspaceIdleDays }),
    applyLimits: () => applyLimits(database, parts.maxRunning),
  }
}

/** The settings' limits, into the table that claims look at. The process that started last says how many. */
function applyLimits(database: Database, { perOrg, perAgent, profiles }: AppParts['maxRunning']) {
  return asSystem(database, async (db) => {
    await setLimit(db, 'org', '*', perOrg)
    await setLimit(db, 'agent', '*', perAgent)
    for (const { name, maxRunning, workerType } of profiles) {
      await setLimit(db, 'agent', name, maxRunning)
      await setWorkerType(db, name, workerType)
    }
  })
}
