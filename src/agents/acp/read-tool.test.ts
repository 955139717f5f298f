import type { ToolCallUpdate } from '@agentclientprotocol/sdk'
import { expect, test } from 'vitest'
import { createToolReader } from './read-tool.ts'

const reader = (servers: string[] = []) => createToolReader('/workspace', servers)

test('a tool keeps its title, kind and paths over updates that do not repeat them', () => {
  const tools = reader()
  const first = tools.read({
    toolCallId: 't',
    title: 'Edit a.ts',
    kind: 'edit',
    status: 'pending',
    content: [{ type: 'diff', path: '/workspace/src/a.ts', oldText: 'a', newText: 'b' }],
  })
  expect(first).toMatchObject({
    state: 'proposed',
    files: [{ path: 'src/a.ts', change: 'update', oldText: 'a', newText: 'b' }],
  })
  const last = tools.read({ toolCallId: 't', status: 'completed' })
  expect(last).toEqual({
    type: 'tool',
    id: 't',
    kind: 'edit',
    title: 'Edit a.ts',
    state: 'done',
    files: [{ path: 'src/a.ts', change: 'update' }],
  })
})

test('paths outside the workspace stay whole, and only tools that change files touch any', () => {
  const tools = reader()
  const call = { toolCallId: 't', locations: [{ path: '/workspace-2/a' }] }
  expect(tools.read({ ...call, kind: 'delete' })?.files).toEqual([{ path: '/workspace-2/a', change: 'delete' }])
  expect(tools.read({ ...call, toolCallId: 'u', kind: 'read' })?.files).toBeUndefined()
})

test('output is taken from the content, else from the raw output', () => {
  const tools = reader()
  const content = [{ type: 'content' as const, content: { type: 'text' as const, text: 'seen' } }]
  const outputOf = (call: Omit<ToolCallUpdate, 'toolCallId'>) => tools.read({ toolCallId: 't', ...call })?.output
  expect(outputOf({ content, rawOutput: 'raw' })).toBe('seen')
  expect(outputOf({ rawOutput: 'raw' })).toBe('raw')
  expect(outputOf({ rawOutput: { output: 'deep' } })).toBe('deep')
  expect(outputOf({ rawOutput: { result: { content: [{ type: 'text', text: 'pong' }] } } })).toBe('pong')
  expect(outputOf({ rawOutput: { code: 0 } })).toBeUndefined()
})

test('what a command of Codex prints is told at its end, whole', () => {
  const tools = reader()
  const piece = (data: string, more: object = {}) =>
    tools.read({ toolCallId: 't', ...more, _meta: { terminal_output_delta: { data, terminal_id: 't' } } })
  expect(tools.read({ toolCallId: 't', kind: 'execute', title: 'npm test', status: 'in_progress' })).toBeDefined()
  expect(piece('one\n')).toBeUndefined()
  expect(piece('two\n')).toBeUndefined()
  expect(piece('three\n', { status: 'failed' })).toMatchObject({ state: 'failed', output: 'one\ntwo\nthree\n' })
})

test('who is asked sees the texts of a change, although the agent does not repeat them, and the files in the title', () => {
  const tools = reader()
  tools.read({
    toolCallId: 't',
    title: 'Editing files',
    kind: 'edit',
    status: 'in_progress',
    content: [{ type: 'diff', path: '/workspace/notes.md', oldText: null, newText: 'hello\n' }],
  })
  const asked = tools.propose({
    toolCallId: 't',
    title: 'Editing files',
    locations: [{ path: '/workspace/notes.md' }],
  })
  expect(asked).toMatchObject({ title: 'Editing files: notes.md', state: 'proposed' })
  expect(tools.detailsOf('t').files).toEqual([{ path: 'notes.md', change: 'add', newText: 'hello\n' }])
})

test('an empty old text is a new file, and an output in place of a title is no title', () => {
  const tools = reader()
  const content = [{ type: 'diff' as const, path: '/workspace/a', oldText: '', newText: 'b' }]
  expect(tools.read({ toolCallId: 't', kind: 'edit', title: 'a', content })?.files).toEqual([
    { path: 'a', change: 'add', newText: 'b' },
  ])
  const title = 'Success. Updated the following files:\nA a'
  expect(tools.read({ toolCallId: 't', title, status: 'completed' })?.title).toBe('a')
})

/** As opencode 1.18 tells it. */
const PATCH = `*** Begin Patch
*** Add File: notes.md
+hello
*** Delete File: /workspace/gone.md
*** Update File: old.md
*** Move to: new.md
@@
-x
+X
*** End Patch`

test('what opencode’s patch changes is told with its texts once, and its files are named', () => {
  const tools = reader()
  const call = { toolCallId: 't', kind: 'edit', title: 'apply_patch' } as const
  expect(tools.read({ ...call, status: 'pending', rawInput: {} })?.files).toBeUndefined()
  expect(tools.read({ ...call, status: 'in_progress', rawInput: { patchText: PATCH } })).toMatchObject({
    title: 'apply_patch: notes.md, gone.md, old.md, new.md',
    files: [
      { path: 'notes.md', change: 'add', newText: 'hello\n' },
      { path: 'gone.md', change: 'delete' },
      { path: 'old.md', change: 'delete' },
      { path: 'new.md', change: 'update', oldText: 'x\n', newText: 'X\n' },
    ],
  })
  const title = 'Success. Updated the following files:\nA notes.md\nD gone.md\nM new.md'
  const metadata = { files: [{ filePath: '/workspace/old.md', relativePath: 'new.md', type: 'move' }] }
  const done = tools.read({ toolCallId: 't', status: 'completed', title, rawOutput: { output: title, metadata } })
  expect(done).toMatchObject({ state: 'done', output: title })
  expect(done?.files).toEqual([
    { path: 'notes.md', change: 'add' },
    { path: 'gone.md', change: 'delete' },
    { path: 'old.md', change: 'delete' },
    { path: 'new.md', change: 'update' },
  ])
})

test('who is asked about opencode’s patch sees what it deletes and moves, although its diffs say otherwise', () => {
  const tools = reader()
  tools.read({ toolCallId: 't', kind: 'edit', title: 'apply_patch', rawInput: { patchText: PATCH } })
  const diff = (path: string, oldText: string, newText: string) =>
    ({ type: 'diff', path: `/workspace/${path}`, oldText, newText }) as const
  const content = [diff('notes.md', '', 'hello\n'), diff('gone.md', 'bye\n', ''), diff('new.md', 'x\ny\n', 'X\ny\n')]
  const rawInput = { filepath: 'notes.md, gone.md, old.md' }
  const asked = tools.propose({ toolCallId: 't', kind: 'edit', title: '3 files', content, rawInput })
  expect(asked.title).toBe('3 files: notes.md, new.md, gone.md, old.md')
  expect(tools.detailsOf('t').files).toEqual([
    { path: 'notes.md', change: 'add', newText: 'hello\n' },
    { path: 'new.md', change: 'update', oldText: 'x\ny\n', newText: 'X\ny\n' },
    { path: 'gone.md', change: 'delete', oldText: 'bye\n', newText: '' },
    { path: 'old.md', change: 'delete' },
  ])
})

const CODEX = { server: 'drover', tool: 'report', arguments: {} }

/** As claude-agent-acp 0.100, codex-acp 2.6, gemini 0.61 and opencode 1.18 tell them. */
test.each<[string, Partial<ToolCallUpdate>]>([
  ['Claude', { kind: 'other', title: 'x', _meta: { claudeCode: { toolName: 'mcp__drover__report' } } }],
  ['Codex', { kind: 'execute', title: 'mcp.drover.report', rawInput: CODEX, _meta: { is_mcp_tool_call: true } }],
  ['Gemini', { kind: 'other', title: 'report (drover MCP Server)' }],
  ['opencode', { kind: 'other', title: 'drover_report' }],
])('a tool of an MCP server is known for %s, and stays one', (_agent, call) => {
  const tools = reader(['other', 'drover'])
  expect(tools.read({ toolCallId: 't', ...call })).toMatchObject({ kind: 'mcp', title: 'drover: report' })
  expect(tools.propose({ toolCallId: 't', kind: 'execute' })).toMatchObject({ kind: 'mcp', title: 'drover: report' })
  expect(tools.detailsOf('t').mcpServer).toBe('drover')
})

test.each<[string, Partial<ToolCallUpdate>]>([
  ['a command', { kind: 'execute', title: 'drover_report; rm -rf /' }],
  ['a command with Gemini’s ending', { kind: 'execute', title: 'rm -rf / (drover MCP Server)' }],
  ['an edit', { kind: 'edit', title: 'drover_report' }],
  ['another tool of Claude', { kind: 'other', title: 'drover_x', _meta: { claudeCode: { toolName: 'Bash' } } }],
  ['a server that it was not given', { kind: 'other', title: 'elsewhere_report' }],
])('%s is not taken for a tool of Drover’s own', (_what, call) => {
  const tools = reader(['drover'])
  tools.read({ toolCallId: 't', ...call })
  expect(tools.detailsOf('t').mcpServer).toBeUndefined()
})

test('once denied, a tool stays denied', () => {
  const tools = reader()
  tools.propose({ toolCallId: 't' })
  expect(tools.deny('t').state).toBe('denied')
  expect(tools.read({ toolCallId: 't', status: 'failed' })?.state).toBe('denied')
})
