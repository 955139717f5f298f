import { expect, test } from 'vitest'
import { asSystem } from '../src/db/scope.ts'
import { openTalk } from './talk-kit.ts'

type Talk = Awaited<ReturnType<typeof openTalk>>

const elsewhere = { place: { channel: 'notebook', tenant: '', room: 'r2', thread: '' } }

/** A conversation in r1, linked with r2 by its code. */
async function link(talk: Talk): Promise<string> {
  await talk.addCodebase('app')
  await talk.say('/link')
  const note = await talk.sees(({ markdown }) => markdown.includes('/link '))
  const code = /\/link (\w{4}-\w{4})/.exec(note.markdown)?.[1] ?? ''
  await talk.say(`/link ${code}`, elsewhere)
  await talk.sees(({ markdown }) => markdown.startsWith('🔗 Linked'), 'r2')
  return code
}

const inRoom = ({ notes }: Talk, room: string) =>
  notes.filter(({ place }) => place === room).map(({ markdown }) => markdown)

test('linked, a conversation shows its cards, questions and answers in both places, and both may go on with it', async () => {
  await using talk = await openTalk()
  await link(talk)
  await talk.sees(({ markdown }) => markdown === '🔗 Ann linked this conversation with notebook.', 'r1')
  const first = await talk.say('Do it')
  const second = await talk.say('And that', elsewhere)
  expect(second.conversationId).toBe(first.conversationId)
  await talk.finish(await talk.claimTask(), 'It is done.')
  await talk.finish(await talk.claimTask(), 'That, too.')
  for (const room of ['r1', 'r2']) await talk.sees(({ markdown }) => markdown === 'That, too.', room)
  await talk.settle()
  for (const room of ['r1', 'r2']) {
    expect(inRoom(talk, room).filter((text) => text === 'It is done.')).toHaveLength(1)
    expect(inRoom(talk, room).filter((text) => text.includes('scripted'))).toHaveLength(2)
  }
})

test('in full, what people say elsewhere is quoted with who and where, and is not echoed', async () => {
  await using talk = await openTalk()
  await link(talk)
  await talk.say('/link full', elsewhere)
  await talk.say('Look into\nthis')
  await talk.sees(({ markdown }) => markdown === '> Look into\n> this\n— Ann, on notebook', 'r2')
  await talk.say('From here', elsewhere)
  await talk.settle()
  expect(inRoom(talk, 'r1').some((text) => text.includes('From here'))).toBe(false)
  expect(await talk.tasks()).toHaveLength(2)
})

test('with mirroring off a place sees only what was asked there', async () => {
  await using talk = await openTalk()
  await link(talk)
  await talk.say('/link off', elsewhere)
  await talk.say('Do it')
  await talk.finish(await talk.claimTask(), 'for r1')
  await talk.say('Mine', elsewhere)
  await talk.finish(await talk.claimTask(), 'for r2')
  await talk.sees(({ markdown }) => markdown === 'for r2', 'r2')
  await talk.settle()
  expect(inRoom(talk, 'r2')).not.toContain('for r1')
  expect(inRoom(talk, 'r1')).toContain('for r2')
})

test('a code works once, and for fifteen minutes', async () => {
  await using talk = await openTalk()
  const code = await link(talk)
  const third = { place: { ...elsewhere.place, room: 'r3' } }
  await talk.say(`/link ${code}`, third)
  await talk.sees(({ markdown }) => markdown.startsWith('This code is wrong'), 'r3')
  await talk.say('/link')
  const fresh = await talk.sees(({ markdown }) => /\/link \w{4}-/.test(markdown) && !markdown.includes(code))
  await asSystem(talk.database, (db) =>
    db
      .updateTable('link_codes')
      .set({ expires_at: new Date(0) })
      .execute(),
  )
  await talk.say(/\/link \w{4}-\w{4}/.exec(fresh.markdown)?.[0] ?? '', { place: { ...third.place, room: 'r4' } })
  const refused = await talk.sees(({ markdown }) => markdown.startsWith('This code is wrong'), 'r4')
  expect(refused.buttons).toEqual([])
})

test('who joins in the middle sees what runs and what is asked; unlinked, a place begins anew', async () => {
  await using talk = await openTalk()
  await talk.addCodebase('app')
  await talk.say('Do it')
  const task = await talk.claimTask()
  const before = await talk.say('/link')
  const note = await talk.sees(({ markdown }) => markdown.includes('/link '))
  await talk.say(/\/link \w{4}-\w{4}/.exec(note.markdown)?.[0] ?? '', elsewhere)
  await talk.sees(({ markdown }) => markdown.includes('working'), 'r2')
  await talk.say('/unlink', elsewhere)
  await talk.sees(({ markdown }) => markdown.startsWith('Unlinked'), 'r2')
  await talk.finish(task, 'only r1')
  await talk.sees(({ markdown }) => markdown === 'only r1', 'r1')
  const after = await talk.say('New', elsewhere)
  expect(after.conversationId).not.toBe(before.conversationId)
  expect(inRoom(talk, 'r2')).not.toContain('only r1')
})
