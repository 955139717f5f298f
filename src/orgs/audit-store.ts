import type { Db } from '../db/scope.ts'
import type { AuditAction, Audited, AuditEntry } from './audit.ts'

/** In the caller's transaction: it is written if and only if what it tells of is. */
export async function writeAudit(db: Db, { orgId, detail = {}, ...entry }: Audited): Promise<void> {
  await db
    .insertInto('audit_log')
    .values({ ...entry, org_id: orgId, detail: JSON.stringify(detail) })
    .execute()
}

/** Newest first. */
export async function listAudit(
  db: Db,
  { before, limit }: { before?: number | undefined; limit: number },
): Promise<AuditEntry[]> {
  let query = db
    .selectFrom('audit_log as a')
    .leftJoin('members as am', 'am.id', 'a.actor')
    .leftJoin('api_keys as ak', 'ak.id', 'a.actor')
    .leftJoin('members as sm', 'sm.id', 'a.subject')
    .leftJoin('api_keys as sk', 'sk.id', 'a.subject')
    .select(({ fn }) => [
      'a.seq',
      'a.at',
      'a.actor',
      'a.action',
      'a.subject',
      'a.detail',
      fn.coalesce('am.name', 'ak.name').as('actorName'),
      fn.coalesce('sm.name', 'sk.name').as('subjectName'),
    ])
    .orderBy('a.seq', 'desc')
    .limit(limit)
  if (before !== undefined) query = query.where('a.seq', '<', before)
  const rows = await query.execute()
  return rows.map(({ action, ...row }) => ({ ...row, action: action as AuditAction }))
}
