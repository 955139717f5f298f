import { expect, test } from 'vitest'
import { ChannelError } from '../src/channels/channel.ts'
import { asSystem } from '../src/db/scope.ts'
import { changeDelivery, claimDelivery, listDeliveries, noteProgress } from '../src/deliveries/store.ts'
import { appendEvents } from '../src/events/store.ts'
import { listChannels } from '../src/places/channel-store.ts'
import { cancelTask, retryTaskLater, settleTask } from '../src/tasks/store.ts'
import { runOf, type Task } from '../src/tasks/task.ts'
import { openTalk } from './talk-kit.ts'

type Talk = Awaited<ReturnType<typeof openTalk>>

/** A task that runs, with its card shown. */
async function begin(talk: Talk): Promise<Task> {
  await talk.addCodebase('app')
  await talk.say('Do it')
  const task = await talk.claimTask()
  await talk.sees(({ markdown }) => markdown.includes('working'))
  return task
}

const tell = ({ database }: Talk, task: Task, ...texts: string[]) =>
  asSystem(database, (db) =>
    appendEvents(
      db,
      runOf(task),
      texts.map((text) =>
        text === '(tool)'
          ? { type: 'tool' as const, id: 't', kind: 'read' as const, title: 'Read', state: 'done' as const }
          : { type: 'text' as const, text },
      ),
    ),
  )

const answers = ({ notes }: Talk) => notes.map(({ markdown }) => markdown).filter((text) => !text.includes('scripted'))

test('a platform that says “too fast” is waited for, and what was said first comes first', async () => {
  await using talk = await openTalk()
  await talk.addCodebase('app')
  let refusals = 3
  talk.failWith(() =>
    refusals-- > 0 ? new ChannelError('rate', 'Too Many Requests', { retryAfterMs: 100 }) : undefined,
  )
  for (const text of ['/getcwd', '/agent', '/codebases']) await talk.say(text)
  await talk.sees(({ markdown }) => markdown.startsWith('Codebases'))
  expect(talk.notes.map(({ markdown }) => markdown.split(':')[0])).toEqual([
    'Current working directory',
    'Assistant',
    'Codebases',
  ])
})

test('while a platform is away everything waits, and then arrives once and in order', async () => {
  await using talk = await openTalk()
  let isAway = true
  talk.failWith(() => (isAway ? new ChannelError('transient', 'socket hang up') : undefined))
  await talk.addCodebase('app')
  await talk.say('Do it')
  await talk.finish(await talk.claimTask(), 'Done so.')
  await talk.say('/getcwd')
  await talk.settle()
  expect(talk.notes).toEqual([])
  isAway = false
  await talk.sees(({ markdown }) => markdown.startsWith('Current'))
  await talk.settle()
  expect(talk.notes.map(({ markdown }) => markdown.split(/[·:.]/)[0]?.trim())).toEqual([
    '✅ scripted',
    'Done so',
    'Current working directory',
  ])
})

test('refused credentials stop the channel, say so, and lose nothing', async () => {
  await using talk = await openTalk()
  await talk.addCodebase('app')
  let isRefused = true
  talk.failWith(() => (isRefused ? new ChannelError('auth', 'Unauthorized: set TELEGRAM_BOT_TOKEN') : undefined))
  await talk.say('/getcwd')
  await expect
    .poll(() => asSystem(talk.database, listChannels), { timeout: 15_000 })
    .toMatchObject([{ name: 'notebook', isUp: false, reason: expect.stringContaining('TELEGRAM_BOT_TOKEN') }])
  isRefused = false
  await asSystem(talk.database, async (db) => {
    await db.updateTable('channels').set({ paused_until: null }).execute()
    await db
      .updateTable('places')
      .set({ ready_at: new Date(0) })
      .execute()
  })
  await talk.sees(({ markdown }) => markdown.startsWith('Current'))
})

test('what a platform will never take is a dead letter, and holds nothing up', async () => {
  await using talk = await openTalk()
  await talk.addCodebase('app')
  talk.failWith((_verb, { markdown }) =>
    markdown.startsWith('Current') ? new ChannelError('gone', 'chat not found') : undefined,
  )
  await talk.say('/getcwd')
  await talk.say('/agent')
  await talk.sees(({ markdown }) => markdown.startsWith('Assistant'))
  const [dead] = await asSystem(talk.database, (db) => listDeliveries(db, { status: 'dead', limit: 9 }))
  expect(dead).toMatchObject({ error: 'chat not found', content: { markdown: expect.stringContaining('Current') } })
  talk.failWith(() => undefined)
  expect(await asSystem(talk.database, (db) => changeDelivery(db, dead?.id ?? '', 'pending'))).toBe(true)
  await talk.sees(({ markdown }) => markdown.startsWith('Current'))
})

test('an answer that cannot be shown leaves word of itself', async () => {
  await using talk = await openTalk()
  const task = await begin(talk)
  talk.failWith((_verb, { markdown }) => (markdown === 'bad' ? new ChannelError('invalid', 'cannot parse') : undefined))
  await talk.finish(task, 'bad')
  const note = await talk.sees(({ markdown }) => markdown.startsWith('⚠️'))
  expect(note.markdown).toContain(`drover task show ${task.id}`)
})

test('a card that somebody has deleted comes anew', async () => {
  await using talk = await openTalk()
  const task = await begin(talk)
  const [card] = talk.notes
  talk.failWith((verb) => (verb === 'edit' ? new ChannelError('gone', 'message to edit not found') : undefined))
  await talk.finish(task, 'ok')
  const again = await talk.sees(({ markdown }) => markdown.includes('✅'))
  expect(again.id).not.toBe(card?.id)
})

test('a growing answer is one message, edited, and ends as the whole', async () => {
  await using talk = await openTalk({ streaming: 'stream' })
  const task = await begin(talk)
  await tell(talk, task, 'Let me ', 'look.')
  const first = await talk.sees(({ markdown }) => markdown === 'Let me look.')
  await tell(talk, task, '(tool)', 'It is ', 'there.')
  await talk.finish(task, 'Let me look.It is there.')
  const last = await talk.sees(({ markdown }) => markdown === 'Let me look.\n\nIt is there.')
  expect(last.id).toBe(first.id)
  await talk.settle()
  expect(answers(talk)).toHaveLength(1)
})

test('where every edit is refused for a while the last text is still the right one', async () => {
  await using talk = await openTalk({ streaming: 'stream' })
  const task = await begin(talk)
  await tell(talk, task, 'One')
  await talk.sees(({ markdown }) => markdown === 'One')
  let refusals = 6
  talk.failWith((verb) =>
    verb === 'edit' && refusals-- > 0 ? new ChannelError('rate', 'slow down', { retryAfterMs: 50 }) : undefined,
  )
  for (const text of [' two', ' three', ' four']) await tell(talk, task, text)
  await talk.finish(task, 'One two three four')
  await talk.sees(({ markdown }) => markdown === 'One two three four')
  await talk.sees(({ markdown }) => markdown.includes('✅'))
  expect(answers(talk)).toEqual(['One two three four'])
})

test('in chunks each block is a message of its own, and none comes twice', async () => {
  await using talk = await openTalk({ streaming: 'chunks' })
  const task = await begin(talk)
  await tell(talk, task, 'First block.', '(tool)', 'Second block.', '(tool)', 'Last')
  await talk.sees(({ markdown }) => markdown === 'Second block.')
  await tell(talk, task, ' one.')
  await talk.finish(task, 'First block.Second block.Last one.')
  await talk.sees(({ markdown }) => markdown === 'Last one.')
  await talk.settle()
  expect(answers(talk)).toEqual(['First block.', 'Second block.', 'Last one.'])
  expect(talk.log.filter((line) => line.startsWith('send'))).toHaveLength(4)
})

test('a run that is lost begins its answer anew, in the same message', async () => {
  await using talk = await openTalk({ streaming: 'stream' })
  const task = await begin(talk)
  await tell(talk, task, 'Half an ans')
  const half = await talk.sees(({ markdown }) => markdown === 'Half an ans')
  await asSystem(talk.database, (db) => retryTaskLater(db, runOf(task), { delayMs: 0, counts: false }))
  const again = await talk.claimTask()
  await tell(talk, again, 'A whole answer')
  await talk.finish(again, 'A whole answer')
  const whole = await talk.sees(({ markdown }) => markdown === 'A whole answer')
  expect(whole.id).toBe(half.id)
  expect(answers(talk)).toEqual(['A whole answer'])
})

const LONG = `# Report\n\n${Array.from({ length: 1_000 }, (_, n) => `Line ${n} of it, which says something about part ${n} of the whole.\n\n\`\`\`ts\nconst a${n} = ${n}\n\`\`\`\n`).join('\n')}`

test('100 kB come as their beginning and a file', async () => {
  await using talk = await openTalk()
  await talk.finish(await begin(talk), LONG)
  const note = await talk.sees(({ file }) => file !== undefined)
  expect(note.file?.trim()).toBe(LONG.trim())
  expect(note.markdown).toMatch(/^# Report/)
  expect(answers(talk)).toHaveLength(1)
})

test('100 kB come as far as they go where no file can be sent, with the way to the rest', async () => {
  await using talk = await openTalk({ limits: { fileBytes: 0 } })
  const task = await begin(talk)
  await talk.finish(task, LONG)
  await talk.sees(({ markdown }) => markdown.includes(`drover task show ${task.id}`))
  expect(answers(talk).map((text) => text.slice(-200))).toHaveLength(5)
  for (const text of answers(talk)) expect([...text.matchAll(/^```/gm)].length % 2).toBe(0)
})

test('100 kB that grew before everybody’s eyes stay as they stand, and come as a file', async () => {
  await using talk = await openTalk({ streaming: 'stream' })
  const task = await begin(talk)
  await tell(talk, task, LONG.slice(0, 30_000))
  await expect.poll(() => answers(talk).length, { timeout: 15_000 }).toBe(5)
  await tell(talk, task, LONG.slice(30_000))
  await talk.finish(task, LONG)
  const note = await talk.sees(({ file }) => file !== undefined)
  expect(note.file?.trim()).toBe(LONG.trim())
  expect(answers(talk)).toHaveLength(6)
})

test('quiet shows no card, but the end', async () => {
  await using talk = await openTalk()
  await talk.addCodebase('app')
  await talk.say('/quiet')
  await talk.say('Do it')
  const task = await talk.claimTask()
  await talk.say('/quiet off')
  await asSystem(talk.database, (db) => cancelTask(db, task.id))
  await asSystem(talk.database, (db) => settleTask(db, runOf(task), 'cancelled', {}))
  await talk.sees(({ markdown }) => markdown === '⏹ Stopped.')
  expect(talk.notes.some(({ markdown }) => markdown.includes('scripted'))).toBe(false)
})

test('a failure says in a sentence what to do', async () => {
  await using talk = await openTalk()
  const task = await begin(talk)
  const message = 'Claude Code is not logged in. Run: claude login'
  await asSystem(talk.database, (db) => settleTask(db, runOf(task), 'failed', { failure: { class: 'auth', message } }))
  const note = await talk.sees(({ markdown }) => markdown.startsWith('❌') && !markdown.includes('scripted'))
  expect(note.markdown).toBe(`❌ ${message}`)
})

test('who lost his turn in a place writes nothing any more', async () => {
  await using talk = await openTalk()
  talk.failWith(() => new ChannelError('transient', 'away'))
  await talk.addCodebase('app')
  await talk.say('/getcwd')
  await talk.settle()
  await talk.stopOutbound()
  const later = () =>
    asSystem(talk.database, async (db) => {
      await db
        .updateTable('places')
        .set({ ready_at: new Date(0), busy_until: null })
        .execute()
      await db
        .updateTable('deliveries')
        .set({ run_at: new Date(0) })
        .execute()
      return claimDelivery(db, ['notebook'], 60)
    })
  const first = await later()
  const second = await later()
  if (!first || !second) throw new Error('there was nothing to claim')
  expect(await asSystem(talk.database, (db) => noteProgress(db, first, { status: 'sent' }))).toBe(false)
  expect(await asSystem(talk.database, (db) => noteProgress(db, second, { status: 'sent' }))).toBe(true)
})
