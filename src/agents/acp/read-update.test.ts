import { expect, test } from 'vitest'
import { createUpdateReader } from './read-update.ts'

test('a tool keeps its title, kind and paths over updates that do not repeat them', () => {
  const reader = createUpdateReader('/workspace')
  const first = reader.read({
    sessionUpdate: 'tool_call',
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
  const last = reader.read({ sessionUpdate: 'tool_call_update', toolCallId: 't', status: 'completed' })
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
  const reader = createUpdateReader('/workspace')
  const call = { toolCallId: 't', locations: [{ path: '/workspace-2/a' }] }
  expect(reader.readTool({ ...call, kind: 'delete' }).files).toEqual([{ path: '/workspace-2/a', change: 'delete' }])
  expect(reader.readTool({ ...call, toolCallId: 'u', kind: 'read' }).files).toBeUndefined()
})

test('output is taken from the content, else from the raw output', () => {
  const reader = createUpdateReader('/workspace')
  const content = [{ type: 'content' as const, content: { type: 'text' as const, text: 'seen' } }]
  expect(reader.readTool({ toolCallId: 't', content, rawOutput: 'raw' }).output).toBe('seen')
  expect(reader.readTool({ toolCallId: 't', rawOutput: 'raw' }).output).toBe('raw')
  expect(reader.readTool({ toolCallId: 't', rawOutput: { output: 'deep' } }).output).toBe('deep')
  expect(reader.readTool({ toolCallId: 't', rawOutput: { code: 0 } }).output).toBeUndefined()
})

test('once denied, a tool stays denied', () => {
  const reader = createUpdateReader('/workspace')
  reader.readTool({ toolCallId: 't', status: 'pending' })
  expect(reader.deny('t').state).toBe('denied')
  expect(reader.readTool({ toolCallId: 't', status: 'failed' }).state).toBe('denied')
})
