import { CronExpressionParser } from 'cron-parser'
import { UserError, messageOf } from '../lib/errors.ts'
import type { Id } from '../lib/ids.ts'

/** A prompt that becomes a task again and again. */
export interface Schedule {
  id: Id<'schedule'>
  orgId: Id<'org'>
  name: string
  cron: string
  timezone: string
  prompt: string
  agent: string
  codebaseId: string | null
  enabled: boolean
  nextRunAt: Date
  lastRunAt: Date | null
  lastTaskId: string | null
}

/** The first time after `after` that a crontab line of five fields means in this time zone. `UserError('cron')` when it is none. */
export function nextRun(cron: string, timezone: string, after: Date): Date {
  try {
    if (cron.trim().split(/\s+/).length !== 5) throw new Error('it has five fields: minute hour day month weekday')
    return CronExpressionParser.parse(cron, { tz: timezone, currentDate: after }).next().toDate()
  } catch (cause) {
    throw new UserError(
      'cron',
      `"${cron}" (${timezone}) is no schedule: ${messageOf(cause)}. Example: "0 9 * * 1-5" is 9:00 on weekdays.`,
      { cause },
    )
  }
}
