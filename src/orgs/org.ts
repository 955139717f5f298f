import type { Id } from '../lib/ids.ts'

/** The org of a fresh install. */
export const DEFAULT_ORG: Id<'org'> = 'org_default'

/** Who asks, once their credential has been checked. */
export interface Principal {
  orgId: Id<'org'>
  /** The api key's id: written as `created_by`. */
  keyId: string
  name: string
}
