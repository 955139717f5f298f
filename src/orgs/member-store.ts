import { sql } from 'kysely'
import type { Db } from '../db/scope.ts'
import { newId, type Id } from '../lib/ids.ts'
import type { Account, Identity, Member, Role } from './member.ts'

export async function addMember(db: Db, orgId: string, name: string, role: Role): Promise<Member> {
  const id = newId('member')
  await db.insertInto('members').values({ id, org_id: orgId, name, role }).execute()
  return { id, orgId: orgId as Id<'org'>, name, role }
}

/** Proves an account to be a member's; a later proof stands instead of an earlier one. */
export async function addIdentity(
  db: Db,
  { account, member, source }: { account: Account; member: Member; source: Identity['source'] },
): Promise<void> {
  await db
    .insertInto('identities')
    .values({ ...account, org_id: member.orgId, member_id: member.id, source })
    .onConflict((conflict) =>
      conflict.columns(['channel', 'tenant', 'actor']).doUpdateSet({ member_id: member.id, source }),
    )
    .execute()
}

const identities = (db: Db) =>
  db
    .selectFrom('identities')
    .innerJoin('members', 'members.id', 'identities.member_id')
    .select([
      'identities.channel',
      'identities.tenant',
      'identities.actor',
      'identities.source',
      'members.id',
      'members.org_id',
      'members.name',
      'members.role',
    ])
    .where('members.removed_at', 'is', null)

/** Held until the transaction ends: one at a time says whose this account is. */
export async function lockAccount(db: Db, account: Account): Promise<void> {
  const key = `account ${[account.channel, account.actor].map(encodeURIComponent).join('/')}`
  await sql`select pg_advisory_xact_lock(hashtextextended(${key}, 4))`.execute(db)
}

/** Whose account this is; one that holds in every tenant counts in each. */
export async function findIdentity(db: Db, { channel, tenant, actor }: Account): Promise<Identity | undefined> {
  const row = await identities(db)
    .where('channel', '=', channel)
    .where('tenant', 'in', [tenant, ''])
    .where('actor', '=', actor)
    .orderBy('tenant', 'desc')
    .executeTakeFirst()
  return row && toIdentity(row)
}

/** Every member's hold on an account: in its tenant and in all; without a tenant, in each. */
export async function listHolders(db: Db, { channel, tenant, actor }: Account): Promise<Identity[]> {
  const rows = await identities(db)
    .where('channel', '=', channel)
    .where('actor', '=', actor)
    .where((where) =>
      tenant === '' ? where.lit(true) : where.or([where('tenant', '=', tenant), where('tenant', '=', '')]),
    )
    .execute()
  return rows.map(toIdentity)
}

export async function listIdentities(db: Db): Promise<Identity[]> {
  const rows = await identities(db).orderBy('members.id').execute()
  return rows.map(toIdentity)
}

export async function listAccounts(db: Db, memberId: string): Promise<Identity[]> {
  const rows = await identities(db).where('members.id', '=', memberId).orderBy('identities.created_at').execute()
  return rows.map(toIdentity)
}

export async function removeIdentity(db: Db, { channel, tenant, actor }: Account): Promise<void> {
  await db
    .deleteFrom('identities')
    .where('channel', '=', channel)
    .where('tenant', '=', tenant)
    .where('actor', '=', actor)
    .execute()
}

/** Not one who was removed. Locked, until the transaction ends, against others who change whose accounts are whose. */
export async function lockMember(db: Db, id: string): Promise<Member | undefined> {
  const row = await db
    .selectFrom('members')
    .select(['id', 'org_id', 'name', 'role'])
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
  return row && toMember(row)
}

/** Those of this id or name, however it is typed. */
export async function findMembers(db: Db, which: string): Promise<Member[]> {
  const rows = await db
    .selectFrom('members')
    .select(['id', 'org_id', 'name', 'role'])
    .where('removed_at', 'is', null)
    .where((where) => where.or([where('id', '=', which), where(sql<string>`lower(name)`, '=', which.toLowerCase())]))
    .orderBy('id')
    .execute()
  return rows.map(toMember)
}

/** The member has no account left then, and may do nothing. False where there is none of this id. */
export async function removeMember(db: Db, id: string): Promise<boolean> {
  await db.deleteFrom('identities').where('member_id', '=', id).execute()
  const { numUpdatedRows } = await db
    .updateTable('members')
    .set({ removed_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

interface MemberRow {
  id: string
  org_id: string
  name: string
  role: Role
}

const toMember = ({ id, org_id, name, role }: MemberRow): Member => ({
  id: id as Id<'member'>,
  orgId: org_id as Id<'org'>,
  name,
  role,
})

const toIdentity = (row: MemberRow & Account & Pick<Identity, 'source'>): Identity => ({
  channel: row.channel,
  tenant: row.tenant,
  actor: row.actor,
  source: row.source,
  member: toMember(row),
})
