/** Whose accounts are whose, and who changed that. Part of wire.ts. */
import { z } from '@hono/zod-openapi'
import { AUDIT_ACTIONS } from '../orgs/audit.ts'
import { Time } from './wire-values.ts'

export const PersonAccount = z
  .strictObject({
    channel: z.string().min(1).openapi({ example: 'telegram' }),
    tenant: z.string().optional().openapi({ description: 'A Slack workspace, a Discord server; all if left out' }),
    actor: z.string().trim().min(1).openapi({
      description: 'The id of the account, or its name where the platform can be asked (GitHub)',
      example: '123456789',
    }),
  })
  .openapi('PersonAccount')
export type PersonAccount = z.infer<typeof PersonAccount>

export const AuditEntry = z
  .object({
    seq: z.int(),
    at: Time,
    actor: z.string().openapi({
      description: 'Who did it: a member, an API key, or `settings`, where an allow-list let somebody in',
      example: 'mem_01kanv3e5x8t1z6w2q9r4c7b0d',
    }),
    actorName: z.string().nullable(),
    action: z.enum(AUDIT_ACTIONS),
    subject: z.string().openapi({ description: 'The member or the API key that it was done to' }),
    subjectName: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
  })
  .openapi('AuditEntry')
export type AuditEntry = z.infer<typeof AuditEntry>

export const AuditLog = z
  .object({
    audit: z.array(AuditEntry),
    next: z.int().nullable().openapi({ description: 'The `before` of the next page' }),
  })
  .openapi('AuditLog')
export type AuditLog = z.infer<typeof AuditLog>
