import { findPackageJSON } from 'node:module'
import type { Readable, Writable } from 'node:stream'

/**
 * The parts of @anthropic-ai/claude-agent-sdk that we use. The package is no dependency of ours, so its types are not here:
 * its licence is not open, and with its own copy of Claude Code it takes 400 MB. What it tells is read in `message.ts`.
 */
const PACKAGE = '@anthropic-ai/claude-agent-sdk'
/** The release that these types were written from, and that the fixtures come from (Claude Code 2.1.330). */
const RELEASE = '0.3.330'

/**
 * Beside this file, and not in Drover's own folder: there `--omit=optional`, which leaves out the copy of Claude Code,
 * would remove Drover's own optional packages, the embedded PostgreSQL among them.
 */
export const HOW_TO_INSTALL_SDK = `run in Drover's folder: npm install --prefix src/agents/claude --no-save --omit=optional ${PACKAGE}@${RELEASE}`

export async function importSdk(): Promise<ClaudeSdk> {
  // By a name that is not a literal, because the compiler would look for the module.
  const name: string = PACKAGE
  return (await import(name)) as ClaudeSdk
}

/** Without loading it: that takes half a second and 37 MB. */
export function isSdkInstalled(): boolean {
  try {
    return findPackageJSON(PACKAGE, import.meta.url) !== undefined
  } catch {
    return false
  }
}

export interface ClaudeSdk {
  query(parts: { prompt: AsyncIterable<UserMessage>; options: QueryOptions }): Query
}

/** Yields what `readMessage()` reads. Throws at its end where the process failed. */
interface Query extends AsyncIterable<unknown> {
  /** Rejects when the process is gone. */
  interrupt(): Promise<unknown>
  close(): void
}

export interface UserMessage {
  type: 'user'
  message: { role: 'user'; content: string | (ImageBlock | TextBlock)[] }
  parent_tool_use_id: null
}

interface ImageBlock {
  type: 'image'
  source: { type: 'base64'; media_type: string; data: string }
}

interface TextBlock {
  type: 'text'
  text: string
}

export interface QueryOptions {
  cwd: string
  /** The whole environment of the process. */
  env: Record<string, string>
  pathToClaudeCodeExecutable: string
  spawnClaudeCodeProcess(start: SpawnOptions): SpawnedProcess
  resume?: string
  model?: string
  systemPrompt: { type: 'preset'; preset: 'claude_code'; append?: string }
  tools: string[]
  permissionMode: 'default' | 'acceptEdits'
  canUseTool: CanUseTool
  settingSources: ('user' | 'project' | 'local')[]
  projectConfigRoot: string
  mcpServers: Record<string, McpServerConfig>
  strictMcpConfig: true
  mcpServersDelivery: 'initialize'
  verbatimPrompts: true
  includePartialMessages: true
  /** For each prompt anew. */
  maxTurns?: number
  /** For all prompts of a process together. */
  maxBudgetUsd?: number
}

export type McpServerConfig = { alwaysLoad: true } & (
  | { type: 'http'; url: string; headers: Record<string, string> }
  | { type: 'stdio'; command: string; args: string[]; env: Record<string, string> }
)

export type CanUseTool = (
  toolName: string,
  input: Record<string, unknown>,
  options: PermissionOptions,
) => Promise<PermissionResult>

export interface PermissionOptions {
  toolUseID: string
  /** What to answer where the same shall not be asked again; each has a `destination`, which is a file or the session. */
  suggestions?: PermissionUpdate[]
  suppressAlwaysAllowRule?: boolean
  mcpServer?: { name: string }
}

export type PermissionUpdate = Record<string, unknown> & { destination: string }

export type PermissionResult =
  | { behavior: 'allow'; updatedInput: Record<string, unknown>; updatedPermissions?: PermissionUpdate[] }
  | { behavior: 'deny'; message: string; interrupt?: boolean }

interface SpawnOptions {
  command: string
  args: string[]
  cwd?: string
  env: Record<string, string | undefined>
}

/** The part of Node's `ChildProcess` that the SDK wants. */
export interface SpawnedProcess {
  stdin: Writable
  stdout: Readable
  readonly killed: boolean
  readonly exitCode: number | null
  kill(signal: NodeJS.Signals): boolean
  on(event: 'exit' | 'error', listener: (...details: unknown[]) => void): void
  once(event: 'exit' | 'error', listener: (...details: unknown[]) => void): void
  off(event: 'exit' | 'error', listener: (...details: unknown[]) => void): void
}
