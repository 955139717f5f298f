import { expect, test } from 'vitest'
import type { Inbound } from '../channel.ts'
import { createLastHeard, type LastHeard } from './last-heard.ts'

const said = (room: string, thread: string, ts: string, isAddressed = true): Inbound => ({
  type: 'message',
  key: `${room}:${ts}`,
  place: { channel: 'slack', tenant: 'T1', room, thread },
  actor: { id: 'U1', name: 'ada', isBot: false },
  at: '2026-01-02T03:04:05.000Z',
  text: 'hello',
  messageId: ts,
  isAddressed,
})
const at = (second: number) => `${1_700_000_000 + second}.000100`
const stored = (heard: LastHeard) => heard.cursor().heard.map(({ room, thread, ts }) => [room, thread, ts])
const doubtful = (heard: LastHeard) => heard.doubtful().map(({ room, thread, ts }) => [room, thread, ts])

test('what opens a thread is followed in the room and in the thread', () => {
  const heard = createLastHeard()
  heard.note(said('C1', at(1), at(1)))
  heard.note(said('C1', at(1), at(2), false))
  expect(stored(heard)).toEqual([
    ['C1', at(1), at(2)],
    ['C1', '', at(1)],
  ])
})

test('chatter is followed only where somebody spoke to us', () => {
  const heard = createLastHeard()
  heard.note(said('C1', at(1), at(1), false))
  expect(stored(heard)).toEqual([])
  heard.note(said('C1', at(2), at(2)))
  heard.note(said('C1', at(3), at(3), false))
  expect(stored(heard)).toContainEqual(['C1', '', at(3)])
  expect(stored(heard)).not.toContainEqual(['C1', at(3), at(3)])
})

test('what comes late takes nothing back', () => {
  const heard = createLastHeard()
  heard.note(said('D1', '', at(2)))
  const version = heard.version()
  heard.note(said('D1', '', at(1)))
  expect(stored(heard)).toEqual([['D1', '', at(2)]])
  expect(heard.version()).toBe(version)
})

test('after we were away all is in doubt, from where we were, whatever comes meanwhile', () => {
  const heard = createLastHeard()
  heard.note(said('D1', '', at(1)))
  expect(doubtful(heard)).toEqual([])
  heard.doubtAll()
  heard.note(said('D1', '', at(5)))
  expect(doubtful(heard)).toEqual([['D1', '', at(1)]])
  // A restart now must not begin behind what is missing.
  expect(stored(heard)).toEqual([['D1', '', at(1)]])
  heard.settle(heard.doubtful()[0]!)
  expect(doubtful(heard)).toEqual([])
  expect(stored(heard)).toEqual([['D1', '', at(5)]])
})

test('what could not be stored is read again, though later words could', () => {
  const heard = createLastHeard()
  heard.note(said('D1', '', at(1)))
  heard.note(said('D1', '', at(3)))
  heard.miss(said('D1', '', at(2)))
  expect(doubtful(heard)).toEqual([['D1', '', '1700000002.000099']])
})

test('the first words of a conversation are read again as well', () => {
  const heard = createLastHeard()
  heard.miss(said('C1', at(1), at(1)))
  const before = '1700000001.000099'
  expect(doubtful(heard)).toEqual([
    ['C1', at(1), before],
    ['C1', '', before],
  ])
  heard.miss(said('C2', at(1), at(1), false))
  expect(doubtful(heard)).toHaveLength(2)
})

test('what is missed while it is being read stays in doubt', () => {
  const heard = createLastHeard()
  heard.note(said('D1', '', at(1)))
  heard.doubtAll()
  const [reading] = heard.doubtful()
  heard.miss(said('D1', '', at(2)))
  heard.settle(reading!)
  expect(doubtful(heard)).toEqual([['D1', '', at(1)]])
})

test('the fifty newest are kept', () => {
  const heard = createLastHeard()
  for (let n = 0; n < 80; n++) heard.note(said(`D${n}`, '', at(n)))
  expect(stored(heard)).toHaveLength(50)
  expect(stored(heard).at(0)?.[0]).toBe('D79')
  expect(stored(heard).at(-1)?.[0]).toBe('D30')
})

test('what another process knows is added, and to be read', () => {
  const [one, other] = [createLastHeard(), createLastHeard()]
  one.note(said('D1', '', at(5)))
  other.note(said('D1', '', at(3)))
  other.note(said('D2', '', at(4)))
  one.merge(JSON.parse(JSON.stringify(other.cursor())))
  expect(stored(one)).toEqual([
    ['D1', '', at(5)],
    ['D2', '', at(4)],
  ])
  expect(doubtful(one)).toEqual([['D2', '', at(4)]])
})

test('a place that is no more stays away, until somebody speaks there', () => {
  const heard = createLastHeard()
  heard.note(said('D1', '', at(1)))
  heard.doubtAll()
  const cursor = heard.cursor()
  heard.drop(heard.doubtful()[0]!)
  heard.merge(cursor)
  expect(stored(heard)).toEqual([])
  heard.note(said('D1', '', at(2)))
  expect(stored(heard)).toHaveLength(1)
})

test.each([undefined, null, 'text', { heard: 'all' }, { heard: [{ team: 1 }] }])('%j is no cursor', (cursor) => {
  const heard = createLastHeard()
  heard.merge(cursor)
  expect(stored(heard)).toEqual([])
})

test('commands have no place in the history', () => {
  const heard = createLastHeard()
  heard.note(said('C1', '', '1052.1022.2e21'))
  heard.miss(said('C1', '', '1052.1022.2e21'))
  expect(stored(heard)).toEqual([])
})
