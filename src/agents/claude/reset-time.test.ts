import { expect, test } from 'vitest'
import { findResetTime } from './reset-time.ts'

const NOW = new Date('2026-11-21T16:00:00Z')

test.for<[words: string, until: string | undefined]>([
  ['Claude AI usage limit reached|1735689600', '2025-01-01T00:00:00.000Z'],
  ['5-hour limit reached ∙ resets 7pm (UTC)', '2026-11-21T19:00:00.000Z'],
  ['5-hour limit reached ∙ resets 3pm (UTC)', '2026-11-22T15:00:00.000Z'],
  ['5-hour limit reached ∙ resets 12am (UTC)', '2026-11-22T00:00:00.000Z'],
  ["You've hit your session limit · resets 6:30pm (Europe/Berlin)", '2026-11-21T17:30:00.000Z'],
  // In Los Angeles it is still morning.
  ['limit reached · resets 9am (America/Los_Angeles)', '2026-11-21T17:00:00.000Z'],
  ['limit reached · resets Nov 24, 3pm (UTC)', '2026-11-24T15:00:00.000Z'],
  ['limit reached · resets Jan 2 at 9am (UTC)', '2027-01-02T09:00:00.000Z'],
  ['limit reached · resets Jul 1, 2027, 9am (Europe/Berlin)', '2027-07-01T07:00:00.000Z'],
  ['spend limit reached · resets Aug 8 (UTC) · request an increase', '2027-08-08T00:00:00.000Z'],
  ['You will regain access on 2033-06-01 at 00:00 UTC.', '2033-06-01T00:00:00.000Z'],
  ['limit reached', undefined],
  ['The counter resets often.', undefined],
])('“%s”', ([words, until]) => {
  expect(findResetTime(words, NOW)).toBe(until)
})
