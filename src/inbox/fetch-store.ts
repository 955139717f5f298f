import { sql } from 'kysely'
import type { Db } from '../db/scope.ts'
import type { Transcript } from '../speech/transcriber.ts'
import type { Said, SaidFile } from './inbox.ts'
import { toSaid } from './store.ts'

const inSeconds = (seconds: number) => sql<Date>`now() + make_interval(secs => ${seconds})`

/** From now on its files are fetched; what was said after it in its place waits. */
export async function beginFetching(db: Db, id: string): Promise<void> {
  await db
    .updateTable('inbox')
    .set({ status: 'fetching', tries: 0, run_at: sql<Date>`now()` })
    .where('id', '=', id)
    .execute()
}

/** A message whose files nobody is fetching, the oldest, with a lease. Its `tries` is the number of this lease. */
export async function claimFetch(db: Db, leaseSeconds: number): Promise<Said | undefined> {
  const row = await db
    .updateTable('inbox')
    // Counted now, not when it fails: a file that kills whoever reads it is given up, too.
    .set({ tries: sql<number>`tries + 1`, run_at: inSeconds(leaseSeconds) })
    .where('id', '=', ({ selectFrom }) =>
      selectFrom('inbox')
        .select('id')
        .where('status', '=', 'fetching')
        .where('run_at', '<=', sql<Date>`now()`)
        .orderBy('seq')
        .limit(1)
        .forUpdate()
        .skipLocked(),
    )
    .returningAll()
    .executeTakeFirst()
  return row && toSaid(row)
}

/** As long as the lease of this claim is the newest one. */
const held = (db: Db, { id, tries }: Said) =>
  db.updateTable('inbox').where('id', '=', id).where('status', '=', 'fetching').where('tries', '=', tries)

/** False where another has it now. */
export async function renewFetch(db: Db, claim: Said, leaseSeconds: number): Promise<boolean> {
  const { numUpdatedRows } = await held(db, claim)
    .set({ run_at: inSeconds(leaseSeconds) })
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Not now: once more after `seconds`. `counts`: whether it was a try. */
export async function fetchLater(
  db: Db,
  claim: Said,
  { seconds, counts }: { seconds: number; counts: boolean },
): Promise<void> {
  await held(db, claim)
    .set({ run_at: inSeconds(seconds), tries: claim.tries - (counts ? 0 : 1) })
    .execute()
}

/** Its content, what was said in it, or why there is neither. */
export type Fetched = { content?: Uint8Array; transcript?: Transcript; problem?: string }

/** Noted at once: what is there need not come again. False where another has the lease. */
export async function saveFile(
  db: Db,
  claim: Said,
  { n, kind, name, mediaType }: Pick<SaidFile, 'n' | 'kind' | 'name' | 'mediaType'>,
  { content, transcript, problem }: Fetched,
): Promise<boolean> {
  const row = await db
    .selectFrom('inbox')
    .select('id')
    .where('id', '=', claim.id)
    .where('status', '=', 'fetching')
    .where('tries', '=', claim.tries)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!row) return false
  await db
    .insertInto('inbox_files')
    .values({
      inbox_id: claim.id,
      n,
      org_id: claim.orgId,
      kind,
      name,
      media_type: mediaType,
      content: content === undefined ? null : Buffer.from(content),
      transcript: transcript === undefined ? null : JSON.stringify(transcript),
      problem: problem ?? null,
    })
    .execute()
  return true
}

/** All is there that will come: to be handled now, in its turn. What was spoken is its text from now on, as if it had been typed. */
export async function finishFetching(db: Db, claim: Said, words: string): Promise<void> {
  await held(db, claim)
    .set({
      status: 'new',
      tries: 0,
      run_at: sql<Date>`now()`,
      fetched_at: sql<Date>`now()`,
      event: sql<string>`jsonb_set(event, '{text}', to_jsonb(${words}::text))`,
    })
    .execute()
}
