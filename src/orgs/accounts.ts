/** Whose account is whose changes here, and is written into the audit log in the same transaction. */
import type { Db } from '../db/scope.ts'
import { UserError } from '../lib/errors.ts'
import { writeAudit } from './audit-store.ts'
import { accountText, mayAsMuch, type Account, type Identity, type Member } from './member.ts'
import {
  addIdentity,
  listAccounts,
  listHolders,
  lockAccount,
  lockMember,
  removeIdentity,
  removeMember,
} from './member-store.ts'

/** How it became the member's: a code, a page that only its author can write, or somebody who may say so. */
type LinkedBy = 'code' | 'proof' | 'override' | 'added'

interface Gift {
  account: Account
  member: Member
  /** Who did it: a member, an API key. */
  by: string
  how: LinkedBy
}

/**
 * From now on the account is this member's, whoever's it was. Who has no account left by that is removed; the tasks of theirs stay
 * theirs. Whether it may be so is for the caller to ask: `assertFree()`, `assertMayGive()`.
 */
export async function giveAccount(db: Db, { account, member, by, how }: Gift): Promise<void> {
  await lockAccount(db, account)
  const lost = (await listHolders(db, account)).filter(
    (held) => account.tenant === '' || held.tenant === account.tenant,
  )
  const losers = new Map(lost.filter(isOthers(member)).map((held) => [held.member.id, held.member]))
  for (const held of lost) await removeIdentity(db, held)
  await addIdentity(db, { account, member, source: 'granted' })
  const from = [...losers.keys()]
  await writeAudit(db, {
    orgId: member.orgId,
    actor: by,
    action: 'account-linked',
    subject: member.id,
    detail: { account: accountText(account), how, ...(from.length > 0 && { from }) },
  })
  for (const loser of losers.values()) {
    await lockMember(db, loser.id)
    if ((await listAccounts(db, loser.id)).length > 0 || !(await removeMember(db, loser.id))) continue
    const detail = { name: loser.name, why: `the last account is that of ${member.id} now` }
    await writeAudit(db, { orgId: member.orgId, actor: by, action: 'member-removed', subject: loser.id, detail })
  }
}

/** Takes an account from its member. `UserError` where it is the last one. */
export async function takeAccount(db: Db, held: Identity, by: string): Promise<void> {
  const { member } = held
  await lockMember(db, member.id)
  if ((await listAccounts(db, member.id)).length === 1)
    throw new UserError(
      'last-account',
      `${accountText(held)} is the only account of ${member.name}. Link another one first, or shut ${member.name} out: \`drover people remove ${member.id}\``,
    )
  await removeIdentity(db, held)
  await writeAudit(db, {
    orgId: member.orgId,
    actor: by,
    action: 'account-unlinked',
    subject: member.id,
    detail: { account: accountText(held) },
  })
}

/**
 * For whoever proves an account to be theirs: what a person has granted is not undone by a code, and nobody loses a role by saying
 * something that somebody else told them to say.
 */
export async function assertFree(db: Db, account: Account, member: Member): Promise<void> {
  await lockAccount(db, account)
  const others = (await listHolders(db, account)).filter(isOthers(member))
  const granted = others.find(({ source }) => source === 'granted')
  if (granted)
    throw new UserError(
      'account-known',
      `${accountText(account)} is an account of ${granted.member.name}. Only an admin may change that: \`/link-user ${account.channel} ${account.actor} ${member.id}\``,
    )
  const higher = others.find((held) => !mayAsMuch(member.role, held.member.role))
  if (higher)
    throw new UserError(
      'role-higher',
      `${accountText(account)} is ${higher.member.role}, and ${member.name} is only ${member.role}: nobody loses a role by a code. An ${higher.member.role} may do it knowingly: \`/link-user ${account.channel} ${account.actor} ${member.id}\``,
    )
}

/** For whoever decides for others: owners and admins, and of what concerns an owner an owner. */
export async function assertMayGive(db: Db, by: Member, account: Account, member: Member): Promise<void> {
  if (by.role === 'member')
    throw new UserError(
      'forbidden',
      'Only an owner or an admin may say whose account is whose. `/link-account` links your own.',
    )
  const concerned = [member, ...(await listHolders(db, account)).map((held) => held.member)]
  if (by.role === 'admin' && concerned.some(({ role }) => role === 'owner'))
    throw new UserError('forbidden', 'This concerns an owner: only an owner may do that.')
}

const isOthers = (member: Member) => (held: Identity) => held.member.id !== member.id
