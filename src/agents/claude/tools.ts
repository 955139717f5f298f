import { isAbsolute, relative } from 'node:path/posix'
import { z } from 'zod'
import type { FileTouch, ToolKind } from '../driver.ts'

/**
 * What Claude is offered, by name: a tool that a later release brings comes in when we know what to show of it. Missing on purpose:
 * plan mode, whose end is a dialog; worktrees, which would take the work out of Drover's workspace; timers and background
 * tasks, which would outlive the turn. Grep and Glob are off by default, but unlike the same in a shell they never need a permission.
 */
export const OFFERED_TOOLS = [
  'Agent',
  'AskUserQuestion',
  'Bash',
  'Edit',
  'Glob',
  'Grep',
  'NotebookEdit',
  'Read',
  'TodoWrite',
  'WebFetch',
  'WebSearch',
  'Write',
]

/** A search on the web is no `search`: those are harmless, and this one tells others what we look for. */
const KINDS: Record<string, ToolKind> = {
  Agent: 'think',
  Task: 'think',
  Bash: 'execute',
  Edit: 'edit',
  Glob: 'search',
  Grep: 'search',
  NotebookEdit: 'edit',
  Read: 'read',
  WebFetch: 'fetch',
  WebSearch: 'fetch',
  Write: 'edit',
}

export interface KnownTool {
  name: string
  kind: ToolKind
  title: string
  files: FileTouch[]
  input: unknown
}

/** The same for the same call in each process: a permission that comes later is found again by its title. */
export function describeTool(name: string, input: unknown, workspace: string): KnownTool {
  const within = (path: string) => withinWorkspace(path, workspace)
  return {
    name,
    kind: name.startsWith('mcp__') ? 'mcp' : (KINDS[name] ?? 'other'),
    title: titleOf(name, input, within),
    files: filesOf(name, input, within),
    input,
  }
}

const words = z.string().optional().catch(undefined)
const fields = z
  .object({
    command: words,
    file_path: words,
    notebook_path: words,
    pattern: words,
    url: words,
    query: words,
    description: words,
    content: words,
    old_string: words,
    new_string: words,
    new_source: words,
  })
  .catch({})

function titleOf(name: string, input: unknown, within: (path: string) => string): string {
  const { command, file_path, notebook_path, pattern, url, query, description } = fields.parse(input)
  if (name === 'Bash' && command !== undefined) return command
  const [, server, tool] = /^mcp__(.+?)__(.+)$/.exec(name) ?? []
  if (server !== undefined) return `${server}: ${tool}`
  const path = file_path ?? notebook_path
  const object = path === undefined ? (pattern ?? url ?? query ?? description) : within(path)
  return object === undefined ? name : `${name} ${object}`
}

function filesOf(name: string, input: unknown, within: (path: string) => string): FileTouch[] {
  const { file_path, notebook_path, content, old_string, new_string, new_source } = fields.parse(input)
  const touch = (path: string | undefined, change: FileTouch['change'], newText?: string, oldText?: string) =>
    path === undefined
      ? []
      : [
          {
            path: within(path),
            change,
            ...(newText !== undefined && { newText }),
            ...(oldText !== undefined && { oldText }),
          },
        ]
  switch (name) {
    case 'Write':
      return touch(file_path, 'add', content)
    case 'Edit':
      return touch(file_path, 'update', new_string, old_string)
    case 'NotebookEdit':
      return touch(notebook_path, 'update', new_source)
    default:
      return []
  }
}

const written = z.object({ type: z.enum(['create', 'update']), originalFile: z.string().nullish() })

/** What a tool did to its files, once it is done: only then Claude says whether what it wrote was there before. */
export function filesAfter({ name, files }: KnownTool, outcome: unknown): FileTouch[] {
  const write = name === 'Write' ? written.safeParse(outcome).data : undefined
  return files.map(({ path, change }) => {
    // The texts of a change are told once, its paths each time.
    if (write?.type !== 'update') return { path, change }
    return { path, change: 'update', ...(typeof write.originalFile === 'string' && { oldText: write.originalFile }) }
  })
}

const report = z.object({ content: z.array(z.object({ text: z.string() })) })

/** What a subagent said at its end; what the model is told of it has Claude's own warnings around it. */
export function reportOf({ name }: KnownTool, outcome: unknown): string | undefined {
  if (name !== 'Agent' && name !== 'Task') return undefined
  return report
    .safeParse(outcome)
    .data?.content.map(({ text }) => text)
    .join('\n')
}

function withinWorkspace(path: string, workspace: string): string {
  const inside = relative(workspace, path)
  return isAbsolute(path) && inside !== '' && !inside.startsWith('..') ? inside : path
}
