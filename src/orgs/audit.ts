export const AUDIT_ACTIONS = [
  'member-added',
  'member-removed',
  'account-linked',
  'account-unlinked',
  'key-created',
  'key-revoked',
] as const
export type AuditAction = (typeof AUDIT_ACTIONS)[number]

/** Done by an allow-list of the settings, not by a person. */
export const BY_SETTINGS = 'settings'

/** Something that changed who may speak to Drover, or as whom. */
export interface Audited {
  orgId: string
  /** The id of a member or of an API key, or `BY_SETTINGS`. */
  actor: string
  action: AuditAction
  /** The id of the member or the API key that it was done to. */
  subject: string
  detail?: Record<string, unknown>
}

export interface AuditEntry extends Required<Omit<Audited, 'orgId'>> {
  seq: number
  at: Date
  /** What people call them, where that is known. */
  actorName: string | null
  subjectName: string | null
}
