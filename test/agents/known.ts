/** What a vendor's agent does wrong, and our driver cannot mend. Each entry is one cell of the table. */
export interface KnownBug {
  agent: string
  /** The whole name of the case. */
  case: string
  /** Where it was seen. */
  version: string
  reason: string
}

export const KNOWN: KnownBug[] = []
