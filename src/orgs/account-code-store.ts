/** Codes that prove an account to be a member's, and how often somebody guessed at them. */
import { sql } from 'kysely'
import type { Db } from '../db/scope.ts'
import { CODE_MINUTES, hashOfCode, makeCode } from '../lib/one-time-code.ts'
import type { Account } from './member.ts'

/** A code that makes whoever says it the member's: another account, or only that of this name. */
export async function makeAccountCode(
  db: Db,
  { orgId, ...code }: { orgId: string; memberId: string; placeId: string; only?: { channel: string; name: string } },
): Promise<string> {
  const { code: shown, hash } = makeCode()
  await db
    .insertInto('account_codes')
    .values({
      code_hash: hash,
      org_id: orgId,
      member_id: code.memberId,
      place_id: code.placeId,
      channel: code.only?.channel ?? null,
      name: code.only?.name ?? null,
      expires_at: sql<Date>`now() + make_interval(mins => ${CODE_MINUTES})`,
    })
    .execute()
  return shown
}

export interface AccountCode {
  hash: Buffer
  memberId: string
  placeId: string
  /** Null: of whoever says it. */
  only: { channel: string; name: string } | null
}

/** The code that somebody gives, locked until the transaction ends; undefined where it is wrong, old or used. `at`: when it was given, if that was not now. */
export async function findAccountCode(db: Db, given: string, at?: Date): Promise<AccountCode | undefined> {
  const row = await db
    .selectFrom('account_codes')
    .select(['code_hash', 'member_id', 'place_id', 'channel', 'name'])
    .where('code_hash', '=', hashOfCode(given))
    .where('used_at', 'is', null)
    .where('expires_at', '>', at ?? sql<Date>`now()`)
    .forUpdate()
    .executeTakeFirst()
  return (
    row && {
      hash: row.code_hash,
      memberId: row.member_id,
      placeId: row.place_id,
      only: row.channel === null || row.name === null ? null : { channel: row.channel, name: row.name },
    }
  )
}

export async function useAccountCode(db: Db, { hash }: AccountCode): Promise<void> {
  await db
    .updateTable('account_codes')
    .set({ used_at: sql<Date>`now()` })
    .where('code_hash', '=', hash)
    .execute()
}

/** Of which channel the member named an account last, that is not proven yet. */
export async function findProofChannel(db: Db, memberId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('account_codes')
    .select('channel')
    .where('member_id', '=', memberId)
    .where('channel', 'is not', null)
    .where('used_at', 'is', null)
    .where('expires_at', '>', sql<Date>`now()`)
    .orderBy('expires_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.channel ?? undefined
}

/** Wrong codes an hour: 39 bits are not guessed so. A whole channel's are counted because accounts cost nothing. */
const MOST_OF_AN_ACCOUNT = 5
const MOST_OF_A_CHANNEL = 100

const isPast = sql<boolean>`code_guesses.since < now() - interval '1 hour'`
const allOf = ({ channel }: Account): Account => ({ channel, tenant: '', actor: '' })

/** Whether a code that this account says is looked at. */
export async function mayGuess(db: Db, account: Account): Promise<boolean> {
  const wrongOf = async ({ channel, tenant, actor }: Account) => {
    const row = await db
      .selectFrom('code_guesses')
      .select('wrong')
      .where('channel', '=', channel)
      .where('tenant', '=', tenant)
      .where('actor', '=', actor)
      .where(({ not }) => not(isPast))
      .executeTakeFirst()
    return row?.wrong ?? 0
  }
  return (await wrongOf(account)) < MOST_OF_AN_ACCOUNT && (await wrongOf(allOf(account))) < MOST_OF_A_CHANNEL
}

export async function noteWrongCode(db: Db, orgId: string, account: Account): Promise<void> {
  for (const each of [account, allOf(account)])
    await db
      .insertInto('code_guesses')
      .values({ ...each, org_id: orgId, wrong: 1 })
      .onConflict((conflict) =>
        conflict.columns(['org_id', 'channel', 'tenant', 'actor']).doUpdateSet({
          wrong: sql<number>`case when ${isPast} then 1 else code_guesses.wrong + 1 end`,
          told: sql<boolean>`case when ${isPast} then false else code_guesses.told end`,
          since: sql<Date>`case when ${isPast} then now() else code_guesses.since end`,
        }),
      )
      .execute()
}

/** True the first time within an hour: that its codes are not looked at is said once. */
export async function tellsOfGuessing(db: Db, orgId: string, account: Account): Promise<boolean> {
  const row = await db
    .insertInto('code_guesses')
    .values({ ...account, org_id: orgId, wrong: 0, told: true })
    .onConflict((conflict) =>
      conflict
        .columns(['org_id', 'channel', 'tenant', 'actor'])
        .doUpdateSet({
          told: true,
          wrong: sql<number>`case when ${isPast} then 0 else code_guesses.wrong end`,
          since: sql<Date>`case when ${isPast} then now() else code_guesses.since end`,
        })
        .where((where) => where.or([where('code_guesses.told', '=', false), isPast])),
    )
    .returning('told')
    .executeTakeFirst()
  return row !== undefined
}

/** What is past is nobody's any more. */
export async function forgetOldCodes(db: Db): Promise<void> {
  const dayAgo = sql<Date>`now() - interval '1 day'`
  await db.deleteFrom('account_codes').where('expires_at', '<', dayAgo).execute()
  await db.deleteFrom('code_guesses').where('since', '<', dayAgo).execute()
}
