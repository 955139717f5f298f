const UNIT_MS: Record<string, number> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 }
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/**
 * When a limit is lifted, out of Codex's words: "try again at 4:05 PM" (today), "try again at Nov 24th, 2026 5:48 PM" (both in
 * the machine's own time), "try again in 3 days 2 hours", "try again in 11.05s". ISO 8601; undefined where they do not say.
 */
export function readLimitReset(words: string, now = new Date()): string | undefined {
  const at = readClock(words, now) ?? readSpan(words, now)
  return at?.toISOString()
}

function readClock(words: string, now: Date): Date | undefined {
  const match = /try again at (?:([a-z]{3})[a-z]* (\d{1,2})(?:st|nd|rd|th)?, (\d{4}) )?(\d{1,2}):(\d{2}) ([ap])m/i.exec(
    words,
  )
  if (!match) return undefined
  const [, month, day, year, hour = '', minute = '', half = ''] = match
  const hours = (Number(hour) % 12) + (half.toLowerCase() === 'p' ? 12 : 0)
  if (month !== undefined) {
    const place = MONTHS.indexOf(month.toLowerCase())
    return place < 0 ? undefined : new Date(Number(year), place, Number(day), hours, Number(minute))
  }
  const at = new Date(now.getFullYear(), now.getMonth(), now.getDate(), hours, Number(minute))
  // The minute is over already, and only its seconds were left out; or midnight came between.
  if (now.getTime() - at.getTime() > UNIT_MS.h!) at.setDate(at.getDate() + 1)
  return at
}

function readSpan(words: string, now: Date): Date | undefined {
  const [, span] = /try again in ((?:\s*[\d.]+ ?(?:days?|hours?|minutes?|seconds?|[dhms])\b)+)/i.exec(words) ?? []
  if (span === undefined) return undefined
  const parts = [...span.matchAll(/([\d.]+) ?([dhms])/gi)]
  const ms = parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNIT_MS[unit.toLowerCase()] ?? 0), 0)
  return new Date(now.getTime() + ms)
}
