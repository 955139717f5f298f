const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** "resets 3pm", "resets 3:30am (Europe/Berlin)", "resets Oct 9, 3pm", "resets May 18, 2033, 3:33am (UTC)" */
const RESETS =
  /\bresets(?: at)? (?:(?<month>[A-Z][a-z]{2}) (?<day>\d{1,2})(?:, (?<year>\d{4}))?(?:,? (?:at )?(?=\d))?)?(?:(?<hour>\d{1,2})(?::(?<minute>\d{2}))?\s?(?<half>[ap]m))?(?: \((?<zone>[\w/+-]+)\))?/i

/** When a limit is lifted, out of the sentence that tells of it (ISO 8601); undefined where it does not say. */
export function findResetTime(words: string, now: Date): string | undefined {
  // "Claude AI usage limit reached|1735689600"
  const [, seconds] = /\|(\d{10})\b/.exec(words) ?? []
  if (seconds !== undefined) return fromSeconds(Number(seconds))
  // "You will regain access on 2033-06-01 at 00:00 UTC."
  const [, date, time] = /regain access on (\d{4}-\d\d-\d\d) at (\d\d:\d\d) UTC/.exec(words) ?? []
  if (date !== undefined) return new Date(`${date}T${time}Z`).toISOString()
  const { month, day, year, hour, minute, half, zone } = RESETS.exec(words)?.groups ?? {}
  if (month === undefined && hour === undefined) return undefined
  const zoneName = knownZone(zone)
  const today = wallClock(now, zoneName)
  const wall = {
    year: year === undefined ? today.year : Number(year),
    month: month === undefined ? today.month : MONTHS.indexOf(month.toLowerCase()),
    day: day === undefined ? today.day : Number(day),
    hour: hour === undefined ? 0 : (Number(hour) % 12) + (half?.toLowerCase() === 'pm' ? 12 : 0),
    minute: Number(minute ?? 0),
  }
  if (wall.month < 0) return undefined
  if (year === undefined && instantOf(wall, zoneName) <= now) {
    // It does not say so, but it is still to come.
    if (month === undefined) wall.day += 1
    else wall.year += 1
  }
  return instantOf(wall, zoneName).toISOString()
}

export function fromSeconds(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}

interface WallClock {
  year: number
  /** January is 0. */
  month: number
  day: number
  hour: number
  minute: number
}

/** Without a name it is the zone of this machine, as it was for Claude. */
function knownZone(name: string | undefined): string | undefined {
  if (name === undefined) return undefined
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  } catch {
    return undefined
  }
}

function wallClock(at: Date, timeZone: string | undefined): WallClock {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  }).formatToParts(at)
  const part = (type: string) => Number(parts.find((each) => each.type === type)?.value)
  return { year: part('year'), month: part('month') - 1, day: part('day'), hour: part('hour'), minute: part('minute') }
}

/** The moment at which clocks of the zone show this. */
function instantOf(wall: WallClock, timeZone: string | undefined): Date {
  const asUtc = utc(wall)
  const offset = utc(wallClock(new Date(asUtc), timeZone)) - asUtc
  return new Date(asUtc - offset)
}

function utc({ year, month, day, hour, minute }: WallClock): number {
  return Date.UTC(year, month, day, hour, minute)
}
