/** First stage: what was said on a platform becomes a task, an answer, or a command's reply, in one transaction; or it is dropped, with the reason. */
import type { Inbound } from '../channels/channel.ts'
import { nameFromUrl, type Codebase } from '../codebases/codebase.ts'
import { addCodebase, findCodebase, freeName, getCodebase, listCodebases } from '../codebases/store.ts'
import { findConversation, openConversation } from '../conversations/store.ts'
import type { Conversation } from '../conversations/conversation.ts'
import { asSystem, narrowTo, type Db } from '../db/scope.ts'
import { say } from '../deliveries/store.ts'
import { beginFetching } from '../inbox/fetch-store.ts'
import { forgetFiles, listFiles } from '../inbox/file-store.ts'
import type { Said, Verdict } from '../inbox/inbox.ts'
import { forgetOldSaid, forgetWords, noteFailure, takeSaid, wasRefused, writeVerdict } from '../inbox/store.ts'
import { messageOf } from '../lib/errors.ts'
import type { Id } from '../lib/ids.ts'
import { startLoop } from '../lib/loop.ts'
import type { Running } from '../lib/running.ts'
import { startWakefulLoop } from '../lib/wakeful-loop.ts'
import { forgetOldCodes } from '../orgs/account-code-store.ts'
import { currentConversation, findPlace, openPlace, setConversation } from '../places/store.ts'
import { titleOf } from '../tasks/task.ts'
import { breakLoop } from './break-loop.ts'
import { hear, namable, passOn, waitsForFiles, withWords } from './hear.ts'
import { howToAllow, identify } from './identify.ts'
import { toVerdict, type InboundParts, type Talk } from './parts.ts'
import { redeemAsStranger } from './redeem-code.ts'
import { replyTo } from './reply-to.ts'

/** How many places are listened to at once. */
const HANDLERS = 4
const POLL_MS = 500

/** Handles what is in the inbox, and what comes, until stopped. Any number of processes may. */
export function startInbound(parts: InboundParts): Running {
  const { database, log } = parts
  const look = () =>
    handleNext(parts).catch((error: unknown) => {
      log.error({ err: error }, 'the inbox cannot be read')
      return false
    })
  const handlers = Array.from({ length: HANDLERS }, () => startWakefulLoop(POLL_MS, look))
  const stopListening = database.listener.on('drover_inbox', () => handlers.forEach((handler) => handler.wake()))
  const forgetting = startLoop(
    3_600_000,
    () =>
      asSystem(database, async (db) => {
        await forgetOldSaid(db)
        await forgetOldCodes(db)
      }),
    (error) => log.error({ err: error }, 'the inbox could not be tidied'),
  )
  return {
    async stop() {
      stopListening()
      await Promise.all([...handlers, forgetting].map((running) => running.stop()))
    },
  }
}

/** One thing that was said. False when there is none. */
export async function handleNext(parts: InboundParts): Promise<boolean> {
  let taken: Said | undefined
  try {
    await asSystem(parts.database, async (db) => {
      taken = await takeSaid(db)
      if (!taken) return
      await narrowTo(db, taken.orgId)
      const verdict = await handle(parts, db, taken)
      if (verdict === 'fetch') await beginFetching(db, taken.id)
      else await writeVerdict(db, taken.id, verdict)
    })
  } catch (error) {
    if (!taken) throw error
    await putBack(parts, taken, error)
  }
  return taken !== undefined
}

async function putBack({ database, log }: InboundParts, said: Said, error: unknown) {
  await asSystem(database, async (db) => {
    const state = await noteFailure(db, said.id, messageOf(error))
    log.error({ err: error, inbox: said.id, state }, 'what was said could not be handled')
    if (state === 'new') return
    const place = await openPlace(db, said.orgId, said.event.place)
    await say(db, place, {
      markdown: `⚠️ This message could not be handled; it is kept as \`${said.id}\`. Send it again, or ask the owner to look: \`drover why ${said.id}\``,
    })
  })
}

/** `fetch`: its files come first; then it is handled once more. */
async function handle(parts: InboundParts, db: Db, said: Said): Promise<Verdict | 'fetch'> {
  const { id, orgId, event } = said
  if (event.actor.isBot) return { type: 'dropped', reason: 'it was said by a bot' }
  if (event.type === 'message' && !event.isAddressed && !(await isOurThread(db, event))) {
    await forgetWords(db, id)
    return {
      type: 'dropped',
      reason: 'it was not addressed to Drover: mention the bot, or answer in a thread where it works',
    }
  }
  const member = await identify(parts, db, orgId, event)
  if (!member) {
    // Let in when they were fetched, and no more.
    if (said.fetchedAt !== null) await forgetFiles(db, id)
    return refuse(parts, db, orgId, event)
  }
  if (waitsForFiles(said)) return 'fetch'
  const files = said.fetchedAt === null ? [] : await listFiles(db, id)
  const place = await openPlace(db, orgId, event.place)
  const conversation = await conversationIn(parts, db, place, namable(event, files))
  const codebase = conversation.codebaseId === null ? undefined : await getCodebase(db, conversation.codebaseId)
  const talk: Talk = { parts, db, event: withWords(event, files), member, place, conversation, codebase }
  const asked = (await breakLoop(talk)) ?? (await hear(talk, id, files))
  if (asked && !asked.keepsFiles && files.length > 0) await forgetFiles(db, id)
  const reply = asked ?? (await replyTo(talk))
  if (!asked) await passOn(talk, id, reply)
  if (reply.say !== undefined)
    await say(
      db,
      place,
      { markdown: reply.say },
      { conversationId: conversation.id, ...(reply.taskId !== undefined && { taskId: reply.taskId }) },
    )
  return toVerdict(reply, talk)
}

/** In a thread in which a conversation goes on, nobody need be mentioned. */
async function isOurThread(db: Db, { place }: Inbound): Promise<boolean> {
  if (place.thread === '') return false
  const known = await findPlace(db, place)
  return known !== undefined && (await currentConversation(db, known.id)) !== undefined
}

/** Strangers are told once what their owner needs to know. With a code they are none. */
async function refuse({ log }: InboundParts, db: Db, orgId: string, event: Inbound): Promise<Verdict> {
  const redeemed = await redeemAsStranger(db, orgId, event)
  if (redeemed) return redeemed
  const { actor, place } = event
  const isFirst = !(await wasRefused(db, place.channel, actor.id))
  if (isFirst) {
    log.warn(
      { channel: place.channel, actor: actor.id, name: actor.name },
      `a stranger wrote; to let them in: ${howToAllow(place.channel, actor.id)}`,
    )
    const known = await openPlace(db, orgId, place)
    await say(db, known, {
      markdown: `I do not know you yet. Your id here is \`${actor.id}\`; whoever runs Drover lets you in with:\n\n\`${howToAllow(place.channel, actor.id)}\`\n\nIf I know you elsewhere, say \`/link-account\` there, and here what I answer.`,
    })
  }
  return {
    type: 'dropped',
    reason: `not allowed: ${actor.name} (${actor.id}) is not on the list of ${place.channel}. ${howToAllow(place.channel, actor.id)}`,
  }
}

/** The one that goes on there, or a new one: about what the place is about, or the only codebase there is. */
async function conversationIn(
  parts: InboundParts,
  db: Db,
  place: Talk['place'],
  event: Inbound,
): Promise<Conversation> {
  const current = await currentConversation(db, place.id)
  const known = current === undefined ? undefined : await findConversation(db, current)
  if (known) return known
  const codebase = event.about ? await codebaseAt(db, place.orgId, event.about) : await onlyCodebase(db)
  const isWork = event.type === 'message' && event.text.trim() !== '' && !event.text.startsWith('/')
  const conversation = await openConversation(db, {
    orgId: place.orgId,
    title: event.about?.title ?? (isWork ? titleOf(event.text) : (codebase?.name ?? 'Conversation')),
    codebaseId: codebase?.id ?? null,
    agent: codebase?.agent ?? parts.agents.defaultName,
    busy: parts.busyMode(place.channel),
  })
  await setConversation(db, place, conversation.id)
  return conversation
}

async function onlyCodebase(db: Db): Promise<Codebase | undefined> {
  const [only, another] = await listCodebases(db)
  return another ? undefined : only
}

/** Known from now on: it is cloned when first needed. */
async function codebaseAt(db: Db, orgId: Id<'org'>, about: NonNullable<Inbound['about']>): Promise<Codebase> {
  const { repository: url, defaultBranch } = about
  const known = (await findCodebase(db, url)) ?? (await findCodebase(db, url.replace(/\.git$/, '')))
  if (known) return known
  return addCodebase(db, { orgId, name: await freeName(db, nameFromUrl(url)), url, defaultBranch })
}
