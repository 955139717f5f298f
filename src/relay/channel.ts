import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** A channel of the relay: an address that is posted to, and the token of the one who reads. */
export interface RelayChannel {
  id: string
  name: string
  createdAt: Date
  /** Kept for the one who reads. */
  waiting: number
  /** Given up, and kept for people to look at. */
  failed: number
  lastPostAt: Date | null
  isConnected: boolean
  /** When somebody was last connected to read. */
  seenAt: Date | null
}

export interface NewChannel {
  /** 144 bits of chance. */
  id: string
  /** Shown once, never stored. */
  token: string
  tokenHash: Buffer
}

export function generateChannel(): NewChannel {
  const token = `relay_${randomBytes(32).toString('base64url')}`
  return { id: randomBytes(18).toString('base64url'), token, tokenHash: hashToken(token) }
}

export const isToken = (token: string, hash: Buffer) => timingSafeEqual(hashToken(token), hash)

const hashToken = (token: string) => createHash('sha256').update(token).digest()
