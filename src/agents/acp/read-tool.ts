import { basename, isAbsolute, relative } from 'node:path/posix'
import type { ToolCallContent, ToolCallUpdate } from '@agentclientprotocol/sdk'
import { z } from 'zod'
import { clipMiddle } from '../../lib/clip-text.ts'
import type { AgentEvent, FileTouch, ToolKind } from '../driver.ts'
import { mcpToolOf } from './mcp-tool.ts'
import { readPatch } from './read-patch.ts'

export type ToolEvent = Extract<AgentEvent, { type: 'tool' }>

/** Turns what an agent tells of its tools into our words. It remembers them: an update tells only what is new. */
export interface ToolReader {
  /** Undefined for a piece of what a command prints: all of it is told at its end. */
  read(call: ToolCallUpdate): ToolEvent | undefined
  /** What it wants to be allowed. */
  propose(call: ToolCallUpdate): ToolEvent
  knows(toolId: string): boolean
  /** What a person must see who is asked to allow it: the texts of a change too, which events tell only once. */
  detailsOf(toolId: string): { files: readonly FileTouch[]; mcpServer: string | undefined }
  /** A person said no. What the agent says of this tool from now on stays "denied". */
  deny(toolId: string): ToolEvent
}

interface KnownTool {
  title: string
  kind: ToolKind
  files: FileTouch[]
  mcpServer: string | undefined
  isDenied: boolean
  /** What its command has printed so far. */
  terminal: string
}

/** `servers`: the names of the MCP servers that the agent was given. */
export function createToolReader(workspace: string, servers: readonly string[]): ToolReader {
  const known = new Map<string, KnownTool>()

  const update = (call: ToolCallUpdate): ToolEvent => {
    const before = known.get(call.toolCallId)
    const mcp = mcpToolOf(call, servers)
    const kind = mcp || before?.mcpServer ? 'mcp' : call.kind ? readKind(call.kind) : (before?.kind ?? 'other')
    const changes = changesIn(call, kind, before?.files ?? [], workspace)
    const places = changes.length > 0 || before?.files.length ? [] : placesIn(call, kind, workspace)
    const files = changes.length > 0 ? changes : places.length > 0 ? places : (before?.files ?? [])
    const tool = {
      title: mcp ? `${mcp.server}: ${mcp.tool}` : titleOf(call, kind, before, files),
      kind,
      files,
      mcpServer: mcp?.server ?? before?.mcpServer,
      isDenied: before?.isDenied ?? false,
      terminal: shortened((before?.terminal ?? '') + terminalPiece(call)),
    }
    known.set(call.toolCallId, tool)
    const isOver = call.status === 'completed' || call.status === 'failed'
    const output = readOutput(call) ?? (isOver && tool.terminal !== '' ? tool.terminal : undefined)
    return {
      type: 'tool',
      id: call.toolCallId,
      kind,
      title: tool.title,
      state: tool.isDenied ? 'denied' : readState(call.status),
      // The texts of a change are told once, its paths each time.
      ...(files.length > 0 && { files: changes.length > 0 ? files : files.map(withoutTexts) }),
      ...(call.rawInput !== undefined && { input: call.rawInput }),
      ...(output !== undefined && { output }),
    }
  }

  return {
    read(call) {
      const isNews = !known.has(call.toolCallId) || !isTerminalPieceOnly(call)
      const tool = update(call)
      return isNews ? tool : undefined
    },
    propose: (call) => update({ ...call, status: 'pending' }),
    knows: (toolId) => known.has(toolId),
    detailsOf(toolId) {
      const { files = [], mcpServer } = known.get(toolId) ?? {}
      return { files, mcpServer }
    },
    deny(toolId) {
      const tool = known.get(toolId)
      if (tool) tool.isDenied = true
      return update({ toolCallId: toolId, status: 'failed' })
    },
  }
}

const CHANGES: ReadonlySet<ToolKind> = new Set(['edit', 'delete', 'move'])

/** A title of one line that names the files: an approval is for this very title. opencode puts the output in its place at the end. */
function titleOf(call: ToolCallUpdate, kind: ToolKind, before: KnownTool | undefined, files: FileTouch[]): string {
  const told = call.title?.includes('\n') ? undefined : call.title
  if (told === undefined || told === null) return before?.title ?? 'tool'
  const isNamed = !CHANGES.has(kind) || files.every(({ path }) => told.includes(basename(path)))
  return isNamed ? told : `${told}: ${files.map(({ path }) => path).join(', ')}`
}

function readKind(kind: NonNullable<ToolCallUpdate['kind']>): ToolKind {
  return kind === 'switch_mode' ? 'other' : kind
}

/** An update without a status brings output of a tool that runs. */
function readState(status: ToolCallUpdate['status']): ToolEvent['state'] {
  switch (status) {
    case 'pending':
      return 'proposed'
    case 'completed':
      return 'done'
    case 'failed':
      return 'failed'
    case 'in_progress':
    case null:
    case undefined:
      return 'running'
  }
}

/** With their texts. opencode has them in its patch, and as diffs where it asks. */
function changesIn(call: ToolCallUpdate, kind: ToolKind, before: readonly FileTouch[], workspace: string): FileTouch[] {
  const { data } = patch.safeParse(call.rawInput)
  if (data && kind === 'edit') {
    return readPatch(data.patchText).map((file) => ({ ...file, path: withinWorkspace(file.path, workspace) }))
  }
  const diffs = diffsIn(call, workspace)
  return diffs.length > 0 ? withDeletions(diffs, before) : []
}

const patch = z.object({ patchText: z.string() })

/** In a diff, a deleted file is an empty one, and a moved one has its new name alone. */
function withDeletions(diffs: readonly FileTouch[], before: readonly FileTouch[]): FileTouch[] {
  const deleted = before.filter(({ change }) => change === 'delete')
  const diffOf = ({ path }: FileTouch) => diffs.find((diff) => diff.path === path)
  const stays = diffs.filter(({ path }) => !deleted.some((file) => file.path === path))
  return [...stays, ...deleted.map((file) => ({ ...diffOf(file), ...file }))]
}

function diffsIn(call: ToolCallUpdate, workspace: string): FileTouch[] {
  return (call.content ?? [])
    .filter((part) => part.type === 'diff')
    .map(({ path, oldText, newText }) => ({
      path: withinWorkspace(path, workspace),
      // Gemini and opencode give a new file an empty old text.
      change: oldText ? 'update' : 'add',
      ...(oldText && { oldText }),
      newText,
    }))
}

function placesIn(call: ToolCallUpdate, kind: ToolKind, workspace: string): FileTouch[] {
  if (!CHANGES.has(kind)) return []
  const change = kind === 'delete' ? 'delete' : 'update'
  return (call.locations ?? []).map(({ path }) => ({ path: withinWorkspace(path, workspace), change }))
}

function withoutTexts({ path, change }: FileTouch): FileTouch {
  return { path, change }
}

function withinWorkspace(path: string, workspace: string): string {
  const inside = relative(workspace, path)
  return isAbsolute(path) && inside !== '' && !inside.startsWith('..') ? inside : path
}

interface RawOutput {
  output?: unknown
  /** codex-acp, for a tool of an MCP server. */
  result?: { content?: unknown } | null
}

function readOutput(call: ToolCallUpdate): string | undefined {
  const texts = (call.content ?? []).flatMap(textOf)
  if (texts.length > 0) return texts.join('\n')
  if (typeof call.rawOutput === 'string') return call.rawOutput
  const { output, result } = (call.rawOutput ?? {}) as RawOutput
  if (typeof output === 'string') return output
  if (!Array.isArray(result?.content)) return undefined
  const parts = result.content.map((part) => (part as { text?: unknown } | null)?.text)
  return parts.filter((text) => typeof text === 'string').join('\n')
}

function textOf(part: ToolCallContent): string[] {
  return part.type === 'content' && part.content.type === 'text' ? [part.content.text] : []
}

/** codex-acp tells what a command prints piece by piece, beside the protocol. */
function terminalPiece({ _meta }: ToolCallUpdate): string {
  const { data } = (_meta?.terminal_output_delta ?? {}) as { data?: unknown }
  return typeof data === 'string' ? data : ''
}

function isTerminalPieceOnly(call: ToolCallUpdate): boolean {
  return terminalPiece(call) !== '' && !call.status && !call.content && !call.title
}

/** More than is kept of a tool's full output (trim-event.ts). */
const MAX_TERMINAL_LENGTH = 2 * 2 ** 20

/** Now and then, not at each piece. */
function shortened(text: string): string {
  return text.length > 2 * MAX_TERMINAL_LENGTH ? clipMiddle(text, MAX_TERMINAL_LENGTH) : text
}
