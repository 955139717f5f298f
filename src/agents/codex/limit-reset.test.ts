import { expect, test } from 'vitest'
import { readLimitReset } from './limit-reset.ts'

/** In the time of this machine, as Codex tells it. */
const at = (...parts: [number, number, number, number, number]) => new Date(...parts).toISOString()
const NOW = new Date(2026, 10, 21, 15, 48, 30)

test.each([
  ['… or try again at Nov 24th, 2026 5:48 PM.', at(2026, 10, 24, 17, 48)],
  ['Try again at Dec 1st, 2026 12:05 AM.', at(2026, 11, 1, 0, 5)],
  ['… or try again at 3:58 PM.', at(2026, 10, 21, 15, 58)],
  // The minute that is said has begun already.
  ['Try again at 3:48 PM.', at(2026, 10, 21, 15, 48)],
  ['Try again at 12:10 AM.', at(2026, 10, 22, 0, 10)],
  ['Try again in 3 days 2 hours.', at(2026, 10, 24, 17, 48).replace(':00.', ':30.')],
  ['Please try again in 11.5s.', new Date(NOW.getTime() + 11_500).toISOString()],
  ['try again in 1h 20m', new Date(NOW.getTime() + 80 * 60_000).toISOString()],
])('%s', (words, reset) => {
  expect(readLimitReset(words, NOW)).toBe(reset)
})

test.each(['Try again later.', 'try again at noon', 'try again in a while', 'Try again at Foo 40th, 2026 5:48 PM.'])(
  'nothing is made up of “%s”',
  (words) => {
    expect(readLimitReset(words, NOW)).toBeUndefined()
  },
)
