import type { DRIVERS } from '../../src/agents/registry.ts'

/** What a vendor's agent does wrong, and our driver cannot mend. Each entry is one cell of the table. */
export interface KnownBug {
  agent: keyof typeof DRIVERS
  /** The whole name of the case. */
  case: string
  /** Where it was seen. */
  version: string
  reason: string
}

const ENDLESS = {
  agent: 'opencode' as const,
  version: 'opencode 1.18.33',
  reason: 'It tries again without end on 429 and 5xx, whatever the answer says, and tells its client nothing of it.',
}

export const KNOWN: KnownBug[] = [
  { ...ENDLESS, case: 'fails as rate_limit when the model’s provider is asked too often' },
  { ...ENDLESS, case: 'fails as overloaded when the model’s provider has too much to do' },
  { ...ENDLESS, case: 'fails as quota when the account is used up, and says until when where its vendor tells' },
]
