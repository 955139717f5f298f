import type { SessionUpdate } from '@agentclientprotocol/sdk'
import { expect, test } from 'vitest'
import { createMessageSeparator } from './separate-messages.ts'

const piece = (text: string, messageId?: string): SessionUpdate => ({
  sessionUpdate: 'agent_message_chunk',
  content: { type: 'text', text },
  ...(messageId !== undefined && { messageId }),
})
const tool: SessionUpdate = { sessionUpdate: 'tool_call', toolCallId: 't', title: 'ls' }

test.each<[string, SessionUpdate[], string]>([
  ['pieces of one message', [piece('Hel', '1'), piece('lo', '1')], 'Hello'],
  ['two messages', [piece('One.', '1'), piece('Two.', '2')], 'One.\n\nTwo.'],
  ['one message around a tool', [piece('Hel', '1'), tool, piece('lo', '1')], 'Hello'],
  ['messages without ids around a tool', [piece('One.'), tool, piece('Two'), piece('.')], 'One.\n\nTwo.'],
  [
    'messages that are set apart already',
    [piece('One.\n', '1'), piece('Two.', '2'), piece('\n3', '3')],
    'One.\nTwo.\n3',
  ],
])('%s', (_what, updates, whole) => {
  const separatorBefore = createMessageSeparator()
  const told = updates.map((update) => {
    const separator = separatorBefore(update)
    if (update.sessionUpdate !== 'agent_message_chunk' || update.content.type !== 'text') return ''
    return separator + update.content.text
  })
  expect(told.join('')).toBe(whole)
})
