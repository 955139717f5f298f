import type { SessionUpdate } from '@agentclientprotocol/sdk'

/**
 * Agents send their messages in pieces, one after the other, and the pieces of a turn become one answer: what stands before
 * a piece that begins a new message. By its id where the agent gives one, else wherever a tool was used in between.
 */
export function createMessageSeparator(): (update: SessionUpdate) => string {
  let last: { messageId: string | undefined; endsLine: boolean } | undefined
  let hasUsedTool = false
  return (update) => {
    if (update.sessionUpdate === 'tool_call' || update.sessionUpdate === 'tool_call_update') hasUsedTool = true
    if (update.sessionUpdate !== 'agent_message_chunk' || update.content.type !== 'text') return ''
    const { text } = update.content
    const messageId = update.messageId ?? undefined
    const isNew = messageId === undefined ? hasUsedTool : messageId !== last?.messageId
    const separator = last && isNew && !last.endsLine && !text.startsWith('\n') ? '\n\n' : ''
    last = { messageId, endsLine: text.endsWith('\n') }
    hasUsedTool = false
    return separator
  }
}
