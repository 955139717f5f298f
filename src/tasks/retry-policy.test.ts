import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backoffMs } from './retry-policy.ts'

test('each failure doubles the wait, up to five minutes, and chance spreads it by half', () => {
  expect([0, 1, 2, 3].map((failures) => backoffMs(1_000, failures, 0.5))).toEqual([1_000, 2_000, 4_000, 8_000])
  expect(backoffMs(10_000, 30, 0.5)).toBe(300_000)
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60_000 }),
      fc.nat(100),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (first, failures, chance) => {
        const ms = backoffMs(first, failures, chance)
        expect(ms).toBeGreaterThanOrEqual(Math.floor(first / 2))
        expect(ms).toBeLessThanOrEqual(450_000)
      },
    ),
  )
})
