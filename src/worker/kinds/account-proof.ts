import type { Accounts, Channel } from '../../channels/channel.ts'
import type { Database } from '../../db/connect.ts'
import { asSystem, type Db } from '../../db/scope.ts'
import { RetryLater, UserError } from '../../lib/errors.ts'
import { codesIn } from '../../lib/one-time-code.ts'
import { findAccountCode, useAccountCode, type AccountCode } from '../../orgs/account-code-store.ts'
import { assertFree, assertMayGive, giveAccount } from '../../orgs/accounts.ts'
import { askPlatform } from '../../orgs/ask-platform.ts'
import type { Account, Member } from '../../orgs/member.ts'
import { lockMember } from '../../orgs/member-store.ts'
import type { AccountErrand } from '../../tasks/account-errand.ts'
import type { Task } from '../../tasks/task.ts'
import type { RunEnd, TaskKind } from '../task-kind.ts'

export interface AccountProofParts {
  database: Database
  channels: ReadonlyMap<string, Channel>
}

/** Looks at a platform whose account it is, and makes it the member's. No agent, no repository. */
export function accountProofTask({ database, channels }: AccountProofParts): TaskKind {
  return async ({ task, signal }) => {
    const errand = task.input as unknown as AccountErrand
    const startedAt = Date.now()
    const accounts = channels.get(errand.channel)?.accounts
    if (!accounts)
      throw new RetryLater(
        `The worker that took this does not speak ${errand.channel}: it needs its settings, too. Another worker may take it.`,
        AGAIN_MS,
      )
    const done =
      errand.type === 'proof'
        ? await prove(database, accounts, task, errand, signal)
        : await grant(accounts, errand, signal)
    return ended(done, Date.now() - startedAt)
  }
}

const AGAIN_MS = 5_000

/** What a person sees, and what is written with it. */
interface Done {
  text: string
  write(db: Db): Promise<void>
}

const ended = ({ text, write }: Done, durationMs: number): RunEnd => ({
  type: 'settle',
  status: 'completed',
  result: { text, durationMs },
  write,
})

async function prove(
  database: Database,
  accounts: Accounts,
  task: Task,
  { channel, url, memberId }: AccountErrand & { type: 'proof' },
  signal: AbortSignal,
): Promise<Done> {
  const { author, text } = await askPlatform(accounts.readProof(url, signal))
  const find = (db: Db) => codeIn(db, text, { channel, memberId, at: task.createdAt })
  const again = `\`/link-account ${channel} <name>\` gives a new one.`
  const code = await asSystem(database, find)
  if (!code)
    throw new UserError(
      'account-code',
      `None of your codes stands there, or it is older than 15 minutes. Put it in and say this again; ${again}`,
    )
  if (author.name.toLowerCase() !== code.only?.name.toLowerCase())
    throw new UserError(
      'account-other',
      `That was written by ${author.name}, and the code is for ${code.only?.name}. Write it as ${code.only?.name}, or ask for another code: ${again}`,
    )
  const account = { channel, tenant: '', actor: author.id }
  return {
    text: `🔗 ${author.name} on ${channel} is you from now on. What you made for that may be removed again.`,
    async write(db) {
      // Somebody may have used it meanwhile.
      const held = await find(db)
      if (!held) throw new UserError('account-code', `The code was used meanwhile. ${again}`)
      const member = await memberOf(db, memberId)
      await assertFree(db, account, member)
      await useAccountCode(db, held)
      await giveAccount(db, { account, member, by: memberId, how: 'proof' })
    },
  }
}

/** Of all codes in the text the one that the member got for an account of this channel. It need not have lasted longer than until it was shown. */
async function codeIn(
  db: Db,
  text: string,
  { channel, memberId, at }: { channel: string; memberId: string; at: Date },
): Promise<AccountCode | undefined> {
  for (const given of new Set(codesIn(text).slice(0, MOST_CODES))) {
    const code = await findAccountCode(db, given, at)
    if (code?.memberId === memberId && code.only?.channel === channel) return code
  }
  return undefined
}

const MOST_CODES = 100

async function grant(
  accounts: Accounts,
  { channel, account: wanted, memberId, memberName, by }: AccountErrand & { type: 'grant' },
  signal: AbortSignal,
): Promise<Done> {
  const found = await askPlatform(accounts.find(wanted, signal))
  const account: Account = { channel, tenant: '', actor: found.id }
  return {
    text: `🔗 ${found.name} (${found.id}) on ${channel} is ${memberName} from now on.`,
    async write(db) {
      const member = await memberOf(db, memberId)
      await assertMayGive(db, await memberOf(db, by), account, member)
      await giveAccount(db, { account, member, by, how: 'override' })
    },
  }
}

async function memberOf(db: Db, id: string): Promise<Member> {
  const member = await lockMember(db, id)
  if (member) return member
  throw new UserError('member-unknown', `${id} was removed meanwhile. \`drover people list\` shows who is there.`)
}
