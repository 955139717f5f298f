import type { Database } from '../db/connect.ts'
import type { Probe } from '../agents/driver.ts'
import type { Log } from '../lib/log.ts'

/** What is known of an agent on the machine that answers. */
export interface AgentStatus {
  name: string
  title: string
  driver: string
  installed: boolean
  version?: string
  auth: Probe['auth']
  /** What to do next; left out where nothing is to do. */
  hint?: string
  /** What its profile wants and this kind of agent cannot do. */
  shortcomings: string[]
  /** Whether it is the one for whoever names none. */
  selected: boolean
}

/** The agents that tasks may name. */
export interface AgentDirectory {
  defaultName: string
  names: readonly string[]
  list(): Promise<AgentStatus[]>
}

/** All that the API needs of the rest. */
export interface HttpParts {
  database: Database
  log: Log
  version: string
  agents: AgentDirectory
  /** Looks at a repository from outside; `UserError` where it cannot be used. */
  inspectRemote(url: string): Promise<{ defaultBranch: string }>
  /** How agents are fenced here, in a sentence. */
  fence: string
  /** What a platform posts to one of our channels; undefined where no channel of this name takes posts. */
  receive(channel: string, request: Request, arrivedAt: Date): Promise<Response | undefined>
  /** Who has it is believed when a post arrived. */
  relayToken: string | undefined
  /** The id of the account of this id or name; undefined where the channel cannot be asked. `UserError` where there is none. */
  findAccount(channel: string, account: string): Promise<string | undefined>
  /** Encrypts what lets a channel into a tenant of its platform. */
  seal(text: string, channel: string, tenant: string): Buffer
  /** What was encrypted by `seal`. */
  unseal(sealed: Buffer, channel: string, tenant: string): string
  /** Whether this process is about to stop. */
  isDraining(): boolean
  /** How often event streams look for themselves, and how often they say that they live. */
  streams?: { pollMs: number; heartbeatMs: number }
}
