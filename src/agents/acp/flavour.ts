import type { AgentProfile, Capabilities, SessionSpec } from '../driver.ts'
import type { ReadUntil } from './failure.ts'

/** What is peculiar to one agent that speaks ACP. All of it may be left out: that is the plain driver `acp`. */
export interface AcpFlavour {
  /** Started where a profile names no command. */
  command?: readonly string[]
  /** How people get it, as a command of a shell. */
  install?: string
  /** It comes with Drover: always there, and in need of no login. */
  bundled?: { version: string; folders: readonly string[] }
  /** Where it differs from what the protocol can do. */
  capabilities?: Partial<Capabilities>
  shortcomings?(profile: AgentProfile): string[]
  /** Makes ready, inside the fence, what the agent needs; returns its whole environment. Left out: what the profile lets through. */
  environment?(spec: SessionSpec, command: readonly string[]): Promise<Record<string, string>>
  /** What it is told of us beyond the protocol, when it shakes hands. */
  clientMeta?: Readonly<Record<string, unknown>>
  /** The same, with each session. */
  sessionMeta?: Readonly<Record<string, unknown>>
  /** What of the profile `environment` tells it already, and the protocol need not. */
  takes?: readonly ('model' | 'instructions')[]
  readUntil?: ReadUntil
}
