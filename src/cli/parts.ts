import type { Readable, Writable } from 'node:stream'
import type { Config } from '../config.ts'

/** One thing that `drover doctor` looked at. */
export interface Check {
  name: string
  status: 'ok' | 'warn' | 'fail'
  /** What was found, and what to do where it is not well. */
  message: string
}

interface StartedService {
  url: string
  apiKey: string
  /** Lines for a person: the agent and why, the fence, where the key is. */
  summary: string[]
  /** Drains, then ends everything that was started. */
  stop(): Promise<void>
}

/** Where a command reads and writes; that of the process, or a test's. */
export interface Io {
  stdin: Readable & { isTTY?: boolean }
  stdout: Writable & { isTTY?: boolean; columns?: number }
  stderr: Writable & { isTTY?: boolean }
}

/** How a person connects a platform. */
export interface ChannelGuide {
  title: string
  steps: readonly string[]
  /** What to paste at the platform. */
  manifest?: string
  settings: readonly { name: string; what: string; example?: string; isSecret?: boolean; isOptional?: boolean }[]
  /** How to find one's own id there. */
  ownId: string
  /** Who we are there, in a sentence. */
  check(values: Readonly<Record<string, string>>): Promise<string>
  sendTest(values: Readonly<Record<string, string>>, to: string): Promise<void>
}

/** The relay, which has no API for people: its own process and its own database. */
interface RelayParts {
  /** The public end, in this process. */
  serve(options: { port?: string; host?: string }): Promise<Omit<StartedService, 'apiKey'>>
  /** The private end. `ended` rejects where the relay refuses us. */
  connect(url?: string): Promise<{ relay: string; service: string; ended: Promise<void>; stop(): Promise<void> }>
  add(name: string): Promise<{ name: string; url: string; token: string }>
  list(): Promise<
    {
      name: string
      url: string
      createdAt: Date
      waiting: number
      failed: number
      lastPostAt: Date | null
      isConnected: boolean
      seenAt: Date | null
    }[]
  >
  remove(name: string): Promise<void>
}

/** What the command line cannot do over the API. main.ts brings it. */
export interface CliParts {
  env: NodeJS.ProcessEnv
  version: string
  /** `UserError('settings')` when they are not right. */
  config(): Promise<Config>
  /** Everything, in this process. */
  startService(options: { port?: number; host?: string; quiet?: boolean }): Promise<StartedService>
  startWorker(): Promise<{ summary: string[]; stop(): Promise<void> }>
  /** The names of what was applied. */
  migrate(): Promise<string[]>
  doctor(): Promise<Check[]>
  /** `UserError` where there is no such channel. */
  guideTo(channel: string): Promise<ChannelGuide>
  relay(): Promise<RelayParts>
  /** Returns the exit code. */
  demo(): Promise<number>
  io?: Io
  /** Where commands look for a repository; the folder of the process if left out. */
  folder?: string
}
