import type { Id } from '../lib/ids.ts'

/** What one task found out and later ones should know. */
export interface Memory {
  id: Id<'memory'>
  orgId: Id<'org'>
  /** Null: for all codebases of the org. */
  codebaseId: string | null
  /** A new text under the same key replaces the old one. */
  key: string | null
  text: string
  createdByTask: string | null
  createdAt: Date
  updatedAt: Date
}

/** In UTF-8; the table has the same limits. */
export const MAX_MEMORY_BYTES = 4096
export const MAX_MEMORY_KEY_BYTES = 200
