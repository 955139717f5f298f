import { getCodebase } from '../codebases/store.ts'
import { findConversation } from '../conversations/store.ts'
import { writeVerdict } from '../inbox/store.ts'
import { UserError } from '../lib/errors.ts'
import type { Conversation } from '../conversations/conversation.ts'
import { openPlace } from '../places/store.ts'
import { answerByButton, answerByText } from './answer.ts'
import { runCommand } from './commands/registry.ts'
import { passOn } from './hear.ts'
import { parseCommand } from './parse-command.ts'
import { toVerdict, type Confirmed, type Reply, type Talk } from './parts.ts'
import { takeMessage } from './take-message.ts'

/** What a person can mend is told; it is an answer like any other. What was written before it is still there: a command checks first. */
export async function replyTo(talk: Talk): Promise<Reply> {
  try {
    const reply = await (talk.event.type === 'choice'
      ? answerByButton(talk, talk.event)
      : replyToWords(talk, talk.event))
    return reply.confirmed ? await goOn(talk, reply, reply.confirmed) : reply
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { type: 'command', reason: `refused: ${error.code}`, say: error.message }
  }
}

async function replyToWords(talk: Talk, event: Talk['event'] & { type: 'message' }): Promise<Reply> {
  const command = parseCommand(event.text)
  if (command) return runCommand(talk, command)
  return (await answerByText(talk, event)) ?? (await takeMessage(talk, event.text))
}

/** What was confirmed counts as said now, where it was said: also the verdict on it is another one now. */
async function goOn(talk: Talk, answer: Reply, { saidId, event, conversationId }: Confirmed): Promise<Reply> {
  const { db } = talk
  const conversation = (await findConversation(db, conversationId)) as Conversation
  const codebase = conversation.codebaseId === null ? undefined : await getCodebase(db, conversation.codebaseId)
  const place = await openPlace(db, conversation.orgId, event.place)
  const then: Talk = { ...talk, event, place, conversation, codebase }
  const reply = await replyTo(then)
  await passOn(then, saidId, reply)
  await writeVerdict(db, saidId, toVerdict(reply, then))
  const { say, taskId } = reply
  return {
    type: 'answer',
    reason: answer.reason,
    ...(say !== undefined && { say }),
    ...(taskId !== undefined && { taskId }),
  }
}
