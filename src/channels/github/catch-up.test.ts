import { expect, test } from 'vitest'
import { openGitHub } from '../../../test/fakes/github/github-kit.ts'
import { failedIn, type Delivery } from './catch-up.ts'

const delivery = (id: number, guid: string, status_code: number, event = 'issue_comment'): Delivery => ({
  id,
  guid,
  status_code,
  event,
  delivered_at: new Date(1_700_000_000_000 + id * 1000).toISOString(),
})

test('what arrived in no attempt is delivered again, the oldest first, by its newest attempt', () => {
  const deliveries = [
    delivery(7, 'c', 0),
    delivery(6, 'a', 503),
    delivery(5, 'b', 200),
    delivery(4, 'push', 500, 'push'),
    delivery(3, 'b', 503),
    delivery(2, 'a', 401),
    ...[10, 11, 12, 13, 14].map((id) => delivery(id, 'always', 500)),
  ]
  expect(failedIn(deliveries).map(({ id }) => id)).toEqual([6, 7])
})

test('what was said while nobody listened comes after the start, once, and over many pages', async () => {
  await using kit = await openGitHub()
  const { people, deliveries } = kit.github
  const first = await kit.start()
  await people.comment(people.issues[0], '@coding-assistant first')
  await expect.poll(kit.texts).toEqual(['first'])
  await first.stop()
  const words = Array.from({ length: 120 }, (_, n) => `word ${n}`)
  for (const word of words) await people.comment(people.issues[0], `@coding-assistant ${word}`)
  await expect.poll(() => deliveries.codes().filter((code) => code === 503).length).toBe(words.length)
  const second = await kit.start()
  await expect.poll(() => kit.texts().toSorted()).toEqual(['first', ...words].toSorted())
  await second.stop()
  // What came of the last one is known a moment later.
  await deliveries.settled()
  const count = deliveries.codes().length
  const third = await kit.start()
  await people.comment(people.issues[0], '@coding-assistant last')
  await expect.poll(() => kit.texts().at(-1)).toBe('last')
  await third.stop()
  await deliveries.settled()
  expect(deliveries.codes()).toHaveLength(count + 1)
})

test('where we may not see the deliveries, that is told once, and the rest goes on', async () => {
  await using kit = await openGitHub()
  const { people, faults } = kit.github
  const first = await kit.start()
  await people.comment(people.issues[0], '@coding-assistant first')
  await expect.poll(kit.texts).toEqual(['first'])
  await first.stop()
  faults.add(/deliveries$/, { kind: 'refusal', status: 403, message: 'Resource not accessible' }, 10)
  const { host } = await kit.start()
  await expect.poll(() => host.logs).toEqual([expect.stringMatching(/may not read webhooks there/)])
  await people.comment(people.issues[0], '@coding-assistant second')
  await expect.poll(kit.texts).toEqual(['first', 'second'])
  expect(host.reports).toEqual([{ isUp: true }])
})
