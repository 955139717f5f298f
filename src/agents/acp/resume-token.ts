/**
 * What is kept between the turns of a session. Agents count the cost of a session from its beginning, in a new process
 * too: without the last total the first turn after a resume would be billed with all turns before it.
 */
export interface ResumeToken {
  sessionId: string
  usdSoFar: number
}

export function formatResumeToken({ sessionId, usdSoFar }: ResumeToken): string {
  return usdSoFar > 0 ? `${sessionId}~usd=${usdSoFar}` : sessionId
}

export function parseResumeToken(text: string): ResumeToken {
  const [, sessionId, usd] = /^(.*)~usd=([\d.e+-]+)$/s.exec(text) ?? []
  return sessionId === undefined ? { sessionId: text, usdSoFar: 0 } : { sessionId, usdSoFar: Number(usd) }
}
