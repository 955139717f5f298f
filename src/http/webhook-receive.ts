import { findCodebase } from '../codebases/store.ts'
import { openConversation } from '../conversations/store.ts'
import { asOrg, asSystem, type Db } from '../db/scope.ts'
import { findSaid, storeSaid } from '../inbox/store.ts'
import { UserError } from '../lib/errors.ts'
import { currentConversation, openPlace, setConversation } from '../places/store.ts'
import { titleOf } from '../tasks/task.ts'
import { fillTemplate } from '../webhooks/fill-template.ts'
import { findForgery, namesOf, type Hook, type HookPost } from '../webhooks/hook.ts'
import { findHook } from '../webhooks/hook-store.ts'
import { WEBHOOK_CHANNEL } from '../webhooks/webhook.ts'
import type { HttpParts } from './parts.ts'
import { Prompt } from './wire-values.ts'

type Parts = Pick<HttpParts, 'database' | 'unseal' | 'agents'>

/** Proves a post, makes a message of it and stores that: returns its id in the inbox, the same for the same post again. */
export async function receivePost(parts: Parts, hookId: string, post: HookPost): Promise<string> {
  const found = await asSystem(parts.database, (db) => findHook(db, hookId))
  if (!found) throw new UserError('hook-unknown', 'There is no such hook. `drover webhook hook list` lists them.')
  const { hook, sealed } = found
  const { secret } = JSON.parse(parts.unseal(sealed, WEBHOOK_CHANNEL, hook.id)) as { secret: string }
  const forgery = findForgery(hook.scheme, secret, post)
  if (forgery !== undefined) throw new UserError('bad-signature', forgery)
  if (hook.scheme === 'github' && post.header('x-github-event') === 'ping') return 'ping'
  const json = parseJson(post.body)
  const text = messageFrom(hook.template, json)
  const conversation = hook.conversationTemplate === null ? '' : fillTemplate(hook.conversationTemplate, json).trim()
  return asOrg(parts.database, hook.orgId, (db) =>
    store(db, parts, hook, { names: namesOf(hook.id, post), text, conversation }),
  )
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (cause) {
    throw new UserError('malformed-json', 'Post JSON, in UTF-8.', { cause })
  }
}

function messageFrom(template: string, json: unknown): string {
  const text = Prompt.safeParse(fillTemplate(template, json))
  if (!text.success)
    throw new UserError('invalid-request', `The message of this hook's template: ${text.error.issues[0]?.message}`)
  // Commands are for people: a template may be one, what is posted may not become one.
  return text.data.trimStart().startsWith('/') && !template.trimStart().startsWith('/')
    ? `> ${text.data.trimStart()}`
    : text.data
}

/** What a place's name takes of the text that a conversation is known by. */
const MOST_ROOM = 200

async function store(
  db: Db,
  { agents }: Parts,
  hook: Hook,
  { names, text, conversation }: { names: string[]; text: string; conversation: string },
): Promise<string> {
  for (const name of names) {
    const known = await idOf(db, name)
    if (known !== undefined) return known
  }
  const codebase = await findCodebase(db, hook.codebaseId)
  if (!codebase)
    throw new UserError(
      'hook-idle',
      'The codebase of this hook was removed. Remove the hook, too, or make one for another codebase.',
    )
  const key = names.at(-1) as string
  const room = conversation === '' ? key : conversation.slice(0, MOST_ROOM).toWellFormed()
  const place = { channel: WEBHOOK_CHANNEL, tenant: hook.id, room, thread: '' }
  const stored = await storeSaid(db, hook.orgId, {
    type: 'message',
    key,
    place,
    actor: { id: hook.id, name: hook.name, isBot: false },
    at: new Date().toISOString(),
    text,
    messageId: key,
    isAddressed: true,
    isVouchedFor: true,
  })
  // Not where the same post came a second time in this very moment.
  if (stored === 'new')
    await openRoom(db, place, {
      orgId: hook.orgId,
      title: titleOf(text),
      codebaseId: codebase.id,
      agent: hook.agent ?? codebase.agent ?? agents.defaultName,
    })
  return (await idOf(db, key)) as string
}

async function idOf(db: Db, key: string): Promise<string | undefined> {
  const found = await findSaid(db, key)
  return found.find((said) => said.channel === WEBHOOK_CHANNEL && said.key === key)?.id
}

/** What is said there belongs to a conversation about the hook's codebase, with its agent. */
async function openRoom(
  db: Db,
  where: Parameters<typeof openPlace>[2],
  conversation: Parameters<typeof openConversation>[1],
) {
  const place = await openPlace(db, conversation.orgId, where)
  if ((await currentConversation(db, place.id)) !== undefined) return
  await setConversation(db, place, (await openConversation(db, conversation)).id)
}
