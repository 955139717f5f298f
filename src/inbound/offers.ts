import { addCodebase, freeName } from '../codebases/store.ts'
import { setCommands } from '../codebases/command-store.ts'
import { forgetFiles } from '../inbox/file-store.ts'
import { offer } from '../questions/store.ts'
import { saysLoaded, type OfferAction } from '../questions/offer.ts'
import type { Question } from '../questions/question.ts'
import type { Reply, Talk } from './parts.ts'
import { shownPath, workOn } from './work-on.ts'

/** Does what was offered, or says how to come back to it: what to say, where the next offer does not say it; or the words that were confirmed. */
export async function takeOffer(
  talk: Talk,
  { action, conversationId }: Question,
  isTaken: boolean,
): Promise<Pick<Reply, 'say' | 'confirmed'>> {
  const meant = action as unknown as OfferAction
  if (meant.type === 'unsure') {
    if (isTaken) return { confirmed: { ...meant, conversationId } }
    await forgetFiles(talk.db, meant.saidId)
    return { say: 'Say it again, or type it.' }
  }
  const say = await sayTaken(talk, meant, isTaken)
  return say === undefined ? {} : { say }
}

async function sayTaken(
  talk: Talk,
  meant: Exclude<OfferAction, { type: 'unsure' }>,
  isTaken: boolean,
): Promise<string | undefined> {
  switch (meant.type) {
    case 'create-codebase':
      return isTaken ? createCodebase(talk, meant) : 'Not created. `/clone <repo-url>` begins again.'
    case 'load-commands':
      if (!isTaken) return `No commands loaded. \`/load-commands ${meant.folder}\` does it later.`
      await setCommands(talk.db, { orgId: talk.place.orgId, id: meant.codebaseId }, meant.found)
      return saysLoaded(meant.found)
  }
}

async function createCodebase(
  talk: Talk,
  { codebase, commands }: OfferAction & { type: 'create-codebase' },
): Promise<string | undefined> {
  const { db, place, parts } = talk
  const made = await addCodebase(db, { ...codebase, name: await freeName(db, codebase.name), orgId: place.orgId })
  const conversation = await workOn(talk, made)
  const about = [
    `Codebase name: ${made.name}`,
    `Repository: ${made.url}`,
    `CWD: ${shownPath(parts.workspaceRoot, made, '')}`,
    `AI Assistant: ${conversation.agent} (default, from codebase settings)`,
    `ID: ${made.id}`,
  ].join('\n')
  if (!commands || commands.found.length === 0) return about
  await offer(db, {
    orgId: place.orgId,
    conversationId: conversation.id,
    title: `${about}\n\nFound commands folder: ${commands.folder}\nLoad all commands? (y/n)`,
    action: { type: 'load-commands', codebaseId: made.id, ...commands } satisfies OfferAction,
  })
  return undefined
}
