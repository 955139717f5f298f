import { expect, test } from 'vitest'
import { readArrival, signArrival } from './arrival.ts'

const at = new Date('2026-11-21T12:00:00.123Z')
const path = '/webhooks/slack'
const hours = (n: number) => new Date(at.getTime() + n * 3_600_000)

test('when a post arrived is believed of who has the token, for this path, and for a week', () => {
  const header = signArrival('t', { at, path })
  expect(readArrival('t', header, path, hours(1))).toEqual(at)
  expect(readArrival('t', header, path, hours(7 * 24 + 1))).toBeUndefined()
  expect(readArrival('t', header, path, hours(-1))).toBeUndefined()
  expect(readArrival('other', header, path, hours(1))).toBeUndefined()
  expect(readArrival('t', header, '/webhooks/discord', hours(1))).toBeUndefined()
  expect(readArrival('t', header.replace('123.', '124.'), path, hours(1))).toBeUndefined()
  for (const given of ['', '.', String(at.getTime()), header.slice(0, -1)])
    expect(readArrival('t', given, path, hours(1))).toBeUndefined()
})
