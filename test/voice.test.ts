import { afterAll, beforeAll, expect, test } from 'vitest'
import { ChannelError, type Attachment } from '../src/channels/channel.ts'
import { findConversation } from '../src/conversations/store.ts'
import { asSystem } from '../src/db/scope.ts'
import { fetchNext, startFetching } from '../src/inbound/fetch-attachments.ts'
import { handleNext } from '../src/inbound/handle-inbound.ts'
import { findSaid, storeSaid } from '../src/inbox/store.ts'
import { SpeechError, type Transcriber, type Transcript } from '../src/speech/transcriber.ts'
import { DEFAULT_ORG } from '../src/orgs/org.ts'
import { ask } from '../src/questions/store.ts'
import { currentConversation, findPlace } from '../src/places/store.ts'
import { holdFence, listTasks, parkTask } from '../src/tasks/store.ts'
import { runOf } from '../src/tasks/task.ts'
import { claim } from './queue-fixtures.ts'
import { openTalk } from './talk-kit.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

const voice = (more: Partial<Attachment> = {}): Attachment => ({
  kind: 'voice',
  ref: 'v1',
  name: 'voice.ogg',
  mediaType: 'audio/ogg',
  ...more,
})
const image = (more: Partial<Attachment> = {}): Attachment => ({
  kind: 'image',
  ref: 'i1',
  name: 'shot.png',
  mediaType: 'image/png',
  ...more,
})

/** Recordings here are what is said in them. */
const hearing =
  (confidence = 0.98): Transcriber['transcribe'] =>
  async (recording) => ({ text: new TextDecoder().decode(recording), confidence, language: 'en', seconds: 3 })

let talk: Awaited<ReturnType<typeof openTalk>>
let rooms = 1
beforeAll(async () => {
  talk = await openTalk()
  await talk.addCodebase('app')
})
afterAll(() => talk[Symbol.asyncDispose]())

/** A room for one case, in which each file says the same. */
function openRoom(transcribe: Transcriber['transcribe'] = hearing(), words = 'fix the failing test') {
  const place = { channel: 'notebook', tenant: '', room: `voice-${++rooms}`, thread: '' }
  Object.assign(talk.fetching, { transcriber: { transcribe }, channels: talk.parts.channels })
  talk.serveFiles(() => bytes(words))
  talk.fetched.length = 0
  const say: typeof talk.say = (text, more) => talk.say(text, { place, ...more })
  /** Newest first. */
  const tasks = () =>
    asSystem(talk.database, async (db) => {
      const known = await findPlace(db, place)
      const conversationId = known && (await currentConversation(db, known.id))
      return conversationId === undefined ? [] : listTasks(db, DEFAULT_ORG, { conversationId, limit: 50 })
    })
  return {
    place,
    say,
    speak: (file = voice()) => say('', { attachments: [file] }),
    sees: (is: Parameters<typeof talk.sees>[0]) => talk.sees(is, place.room),
    event: (text: string, more?: Parameters<typeof talk.event>[1]) => talk.event(text, { place, ...more }),
    tasks,
    async claimTask() {
      await claim(talk.database, 50)
      const running = (await tasks()).find(({ status }) => status === 'running')
      return running ?? Promise.reject(new Error('nothing runs here'))
    },
  }
}

/** The waits between tries, and leases, are over. */
async function hurry() {
  const { database, parts, fetching } = talk
  await asSystem(database, (db) =>
    db
      .updateTable('inbox')
      .set({ run_at: new Date(0) })
      .where('status', '=', 'fetching')
      .execute(),
  )
  while ((await fetchNext(fetching, new AbortController().signal)) || (await handleNext(parts)));
}

const look = async (key: string) =>
  (await asSystem(talk.database, (db) => findSaid(db, key)))[0] ?? Promise.reject(new Error(`${key} is not there`))

const attachmentsOf = (taskId: string | null) =>
  asSystem(talk.database, async (db) => {
    const rows = await db.selectFrom('artifacts').selectAll().where('task_id', '=', taskId).orderBy('id').execute()
    return rows.map(({ kind, name, media_type, content }) => [kind, name, media_type, content.toString()])
  })

test('a voice message is said back, and then is a message like any other', async () => {
  const room = openRoom()
  const said = await room.speak()
  expect(said).toMatchObject({ verdict: 'task', event: { text: 'fix the failing test' } })
  expect(await room.tasks()).toMatchObject([{ prompt: 'fix the failing test', title: 'fix the failing test' }])
  await room.sees(({ markdown }) => markdown.includes('scripted'))
  expect(talk.notes.find(({ place }) => place === room.place.room)?.markdown).toBe('🎙 “fix the failing test”')
  // The recording itself is no file for the agent.
  expect(await attachmentsOf(said.taskId)).toEqual([])
  const again = await room.say('', { ...talk.event(''), key: said.key, attachments: [voice()] })
  expect(again.id).toBe(said.id)
  expect(talk.fetched).toEqual(['v1'])
})

test('what is spoken may be a command, or the answer to a question', async () => {
  const room = openRoom(hearing(), '/status')
  expect(await room.speak()).toMatchObject({ verdict: 'command' })
  await room.sees(({ markdown }) => markdown.startsWith('Codebase: app'))
  await room.say('Paint it')
  const task = await room.claimTask()
  await asSystem(talk.database, async (db) => {
    await holdFence(db, runOf(task))
    const choices = [{ id: 'Blue', label: 'Blue', effect: 'pick' }]
    const { conversationId } = task as { conversationId: string }
    const question = { conversationId, taskId: task.id, title: 'Which colour?', choices, freeText: true } as const
    await ask(db, { ...question, orgId: DEFAULT_ORG, kind: 'question' })
    await parkTask(db, runOf(task), 'input')
  })
  talk.serveFiles(({ kind }) => bytes(kind === 'voice' ? 'Blue.' : 'a sample'))
  const said = await room.say('', { attachments: [voice(), image()] })
  expect(said).toMatchObject({ verdict: 'answer', taskId: task.id })
  expect(await room.tasks()).toMatchObject([{ status: 'pending', input: { answer: { choice: 'Blue' } } }])
  expect(await attachmentsOf(task.id)).toEqual([['attachment', 'shot.png', 'image/png', 'a sample']])
})

test('heard with little confidence it asks first, by button or by word, and goes on where it was said', async () => {
  const room = openRoom(hearing(0.4))
  const said = await room.say('', { attachments: [voice(), image()] })
  expect(said).toMatchObject({ verdict: 'command', reason: expect.stringContaining('0.40') })
  // No name, and no branch, comes of words that were perhaps never said.
  const conversation = await asSystem(talk.database, (db) => findConversation(db, said.conversationId ?? ''))
  expect(conversation?.branch).not.toContain('failing')
  const asking = await room.sees(({ buttons }) => buttons.length === 2)
  expect(asking.markdown).toBe('🎙 Did you say: “fix the failing test”? (y/n)')
  expect(await room.tasks()).toEqual([])
  // A murmur is no answer, and takes nothing away.
  talk.serveFiles(() => bytes('Yes.'))
  await room.speak()
  await room.sees(({ markdown }) => markdown.startsWith('I am not sure that I heard “Yes.”'))
  const yes = await talk.press(asking, 'Yes')
  const [task] = await room.tasks()
  expect(yes).toMatchObject({ verdict: 'answer', taskId: task?.id })
  expect(task?.prompt).toBe('fix the failing test')
  expect(await attachmentsOf(task?.id ?? '')).toEqual([['attachment', 'shot.png', 'image/png', 'fix the failing test']])
  // Who asks what became of the recording is led to the task.
  expect(await look(said.key)).toMatchObject({ verdict: 'task', taskId: task?.id })

  talk.serveFiles(() => bytes('delete everything'))
  await room.say('', { attachments: [voice(), image()] })
  await room.sees(({ markdown }) => markdown.includes('delete everything'))
  expect(await room.say('n')).toMatchObject({ verdict: 'answer' })
  await room.sees(({ markdown }) => markdown === 'Say it again, or type it.')
  talk.serveFiles(() => bytes('and the docs'))
  await room.speak()
  expect(await room.say('y')).toMatchObject({ verdict: 'answer' })
  expect((await room.tasks()).map(({ prompt }) => prompt)).toEqual(['and the docs', 'fix the failing test'])
})

test('what is said while a file is on its way waits for it, and other places do not', async () => {
  const other = openRoom()
  const room = openRoom()
  const { promise, resolve: arrive } = Promise.withResolvers<Uint8Array>()
  talk.serveFiles(() => promise)
  const fetching = startFetching(talk.fetching)
  const inbound = talk.startInbound()
  await asSystem(talk.database, async (db) => {
    await storeSaid(db, DEFAULT_ORG, room.event('', { attachments: [voice()] }))
    await storeSaid(db, DEFAULT_ORG, room.event('and then this'))
    await storeSaid(db, DEFAULT_ORG, other.event('elsewhere'))
  })
  const prompts = async () => (await room.tasks()).toReversed().map(({ prompt }) => prompt)
  const elsewhere = async () => (await other.tasks()).map(({ prompt }) => prompt)
  await expect.poll(() => talk.fetched.length).toBe(1)
  await expect.poll(elsewhere).toEqual(['elsewhere'])
  expect(await prompts()).toEqual([])
  arrive(bytes('first this'))
  await expect.poll(prompts).toEqual(['first this', 'and then this'])
  await inbound.stop()
  await fetching.stop()
})

test('whoever is killed while fetching is replaced when his lease runs out, and writes nothing any more', async () => {
  const room = openRoom()
  const { promise, resolve: arrive } = Promise.withResolvers<Uint8Array>()
  talk.serveFiles(() => promise)
  const said = room.event('', { attachments: [voice()] })
  await asSystem(talk.database, (db) => storeSaid(db, DEFAULT_ORG, said))
  await handleNext(talk.parts)
  // He hangs, as somebody does whose process is gone.
  const lost = fetchNext(talk.fetching, new AbortController().signal)
  await expect.poll(() => talk.fetched.length).toBe(1)
  expect(await fetchNext(talk.fetching, new AbortController().signal)).toBe(false)
  talk.serveFiles(() => bytes('say hello'))
  const isHandled = async () => {
    await hurry()
    return (await look(said.key)).verdict
  }
  await expect.poll(isHandled).toBe('task')
  expect(await look(said.key)).toMatchObject({ event: { text: 'say hello' } })
  arrive(bytes('something else'))
  await lost
  expect(await room.tasks()).toMatchObject([{ prompt: 'say hello' }])
})

test('a stop gives back what is being fetched, at once and without counting it', async () => {
  const room = openRoom()
  talk.serveFiles((_, signal) => {
    signal.throwIfAborted()
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  })
  const said = room.event('', { attachments: [voice()] })
  await asSystem(talk.database, (db) => storeSaid(db, DEFAULT_ORG, said))
  await handleNext(talk.parts)
  const fetching = startFetching(talk.fetching)
  await expect.poll(() => talk.fetched.length).toBe(1)
  await fetching.stop()
  expect(await look(said.key)).toMatchObject({ status: 'fetching', tries: 0 })
  talk.serveFiles(() => bytes('say hello'))
  expect(await fetchNext(talk.fetching, new AbortController().signal)).toBe(true)
})

test('only who said it can tell whether that was it', async () => {
  const room = openRoom(hearing(0.4))
  const bob = { actor: { id: 'U2', name: 'Bob', isBot: false } }
  talk.allowed.add('U2')
  await room.speak()
  const asking = await room.sees(({ markdown }) => markdown.includes('Did you say'))
  expect(await talk.press(asking, 'Yes', bob.actor)).toMatchObject({ reason: 'refused: not-yours' })
  expect(await room.say('ok', bob)).toMatchObject({ verdict: 'task' })
  expect(await room.tasks()).toMatchObject([{ prompt: 'ok' }])
  expect(await room.say('ok')).toMatchObject({ verdict: 'answer' })
  expect(await room.tasks()).toMatchObject([{ prompt: 'fix the failing test' }, { prompt: 'ok' }])
})

test('of strangers, and of what is not for us, nothing is fetched or kept', async () => {
  const room = openRoom()
  const eve = { actor: { id: 'U9', name: 'Eve', isBot: false } }
  expect(await room.say('', { ...eve, attachments: [voice()] })).toMatchObject({ verdict: 'dropped' })
  const place = { channel: 'notebook', tenant: '', room: 'general', thread: '' }
  const other = await room.say('secret', { place, isAddressed: false, attachments: [image({ name: 'secret.png' })] })
  expect(other).toMatchObject({ verdict: 'dropped' })
  expect(JSON.stringify(other.event)).not.toContain('secret')
  expect(talk.fetched).toEqual([])
})

test('files become the task’s, of a new one and of one that they are told to', async () => {
  const room = openRoom()
  talk.serveFiles(({ ref }) => bytes(`content of ${ref}`))
  const first = await room.say('Make it look so', { attachments: [image(), image({ ref: 'i2', name: 'b.jpg' })] })
  expect(await attachmentsOf(first.taskId)).toEqual([
    ['attachment', 'shot.png', 'image/png', 'content of i1'],
    ['attachment', 'b.jpg', 'image/png', 'content of i2'],
  ])
  await room.claimTask()
  const second = await room.say('', {
    attachments: [image({ kind: 'file', name: 'log.txt', mediaType: 'text/plain' })],
  })
  expect((await room.tasks())[0]).toMatchObject({ prompt: 'Look at the attached files.', status: 'queued' })
  await room.say('/collect this as well', { attachments: [image({ ref: 'i3' })] })
  expect((await attachmentsOf(second.taskId)).map(([, name]) => name)).toEqual(['log.txt', 'shot.png'])
  await room.say('/steer look here', { attachments: [image({ ref: 'i4' })] })
  expect((await attachmentsOf(first.taskId)).map((row) => row[3]).at(-1)).toBe('content of i4')
  // A command has no use for them, and of no case so far anything stays behind.
  await room.say('/status', { attachments: [image()] })
  const left = await asSystem(talk.database, (db) =>
    db.selectFrom('inbox_files').select('inbox_id').where('content', 'is not', null).execute(),
  )
  expect(left).toEqual([])
})

test('what cannot be had is said in a sentence, and the words go on', async () => {
  const room = openRoom()
  const files = Array.from({ length: 12 }, (_, n) => image({ ref: `f${n}`, name: `f${n}.png` }))
  talk.serveFiles(({ ref }) => {
    if (ref === 'f1') throw new ChannelError('gone', 'gone')
    if (ref === 'f2') throw new ChannelError('auth', 'The app lacks the scope files:read.')
    return bytes(ref)
  })
  const said = await room.say('Look', {
    attachments: files.with(0, image({ name: 'big.png', bytes: 30e6 })),
  })
  expect(said).toMatchObject({ verdict: 'task' })
  await room.sees(({ markdown }) => {
    const lines = markdown.split('\n')
    return (
      lines[0] === '“big.png” is larger than 20 MB, and was left out. Send a smaller one.' &&
      lines[1] === '“f1.png” is no longer there, and was left out. Send it again.' &&
      lines[2]?.includes('The app lacks the scope files:read.') === true &&
      lines[3] === 'I took the first 10 of 12 files. Send the others with another message.'
    )
  })
  expect(talk.fetched).not.toContain('i1')
  expect(await attachmentsOf(said.taskId)).toHaveLength(7)
})

test('a platform that is away is asked again, and what came before is not; in the end the words go on alone', async () => {
  const room = openRoom()
  let fails = 2
  talk.serveFiles(({ ref }) => {
    if (ref === 'i2' && fails-- > 0) throw new ChannelError('transient', 'It does not answer.')
    return bytes(ref)
  })
  const said = await room.say('Look', { attachments: [image(), image({ ref: 'i2' })] })
  expect(said).toMatchObject({ status: 'fetching' })
  await hurry()
  await hurry()
  const { taskId } = await look(said.key)
  expect(await attachmentsOf(taskId)).toHaveLength(2)
  expect(talk.fetched).toEqual(['i1', 'i2', 'i2', 'i2'])

  fails = Number.POSITIVE_INFINITY
  const { key } = await room.say('Look again', { attachments: [image({ ref: 'i2' })] })
  for (let n = 0; n < 3; n++) {
    expect(await look(key)).toMatchObject({ status: 'fetching' })
    await hurry()
  }
  expect(await look(key)).toMatchObject({ verdict: 'task' })
  await room.sees(({ markdown }) => markdown.startsWith('“shot.png” could not be fetched'))
})

test('a file that kills whoever fetches it is given up', async () => {
  const room = openRoom()
  const said = room.event('Look', { attachments: [image()] })
  await asSystem(talk.database, (db) => storeSaid(db, DEFAULT_ORG, said))
  await handleNext(talk.parts)
  await asSystem(talk.database, (db) => db.updateTable('inbox').set({ tries: 4 }).where('key', '=', said.key).execute())
  await hurry()
  expect(await look(said.key)).toMatchObject({ verdict: 'task' })
  expect(talk.fetched).toEqual([])
})

test('a message of which nothing can be had is dropped, with a reason that says what to do', async () => {
  const room = openRoom(hearing(), '')
  const dropped = async (file: Attachment) => {
    const said = await room.say('', { attachments: [file] })
    expect(said.verdict).toBe('dropped')
    await room.sees(({ markdown }) => markdown === said.reason)
    return said.reason
  }
  expect(await dropped(voice())).toMatch(/^I heard nothing/)
  expect(await dropped(voice({ seconds: 3_600 }))).toContain('10 minutes')
  talk.serveFiles(() => {
    throw new ChannelError('invalid', 'It is too odd.')
  })
  expect(await dropped(image())).toContain('It is too odd.')
  talk.fetching.transcriber = undefined
  expect(await dropped(voice({ ref: 'v2' }))).toContain('DEEPGRAM_API_KEY')
  expect(talk.fetched).toEqual(['v1', 'i1'])
  talk.fetching.channels = new Map()
  expect(await dropped(image())).toContain('another platform')
  expect(await room.tasks()).toEqual([])
})

test('without a key a voice beside words is a file like others', async () => {
  const room = openRoom()
  talk.fetching.transcriber = undefined
  const said = await room.say('Write this down', { attachments: [voice()] })
  await room.sees(({ markdown }) => markdown.includes('DEEPGRAM_API_KEY'))
  expect(await attachmentsOf(said.taskId)).toEqual([['attachment', 'voice.ogg', 'audio/ogg', 'fix the failing test']])
})

test('a speech service that is busy is asked again; one that refuses is not', async () => {
  const answers: (Transcript | SpeechError)[] = [
    new SpeechError('It is busy.', { isTransient: true, retryAfterMs: 5_000 }),
    { text: 'hello', confidence: 0.9, language: null, seconds: 1 },
    new SpeechError('It refuses the key.', { isTransient: false }),
  ]
  const room = openRoom(async () => {
    const answer = answers.shift()
    if (answer instanceof Error || !answer) throw answer ?? new Error('It was asked once more.')
    return answer
  })
  const said = await room.speak()
  expect(said).toMatchObject({ status: 'fetching' })
  await hurry()
  expect(await look(said.key)).toMatchObject({ verdict: 'task' })
  const refused = await room.speak()
  expect(refused).toMatchObject({ verdict: 'dropped', reason: expect.stringContaining('It refuses the key. Type it') })
})

test('linked places read the words', async () => {
  const other = openRoom()
  const room = openRoom()
  await room.say('/link')
  const note = await room.sees(({ markdown }) => markdown.includes('/link '))
  await other.say(/\/link \w{4}-\w{4}/.exec(note.markdown)?.[0] ?? '')
  await other.say('/link full')
  await room.speak()
  const quote = await other.sees(({ markdown }) => markdown.startsWith('> '))
  expect(quote.markdown).toBe('> fix the failing test\n— Ann, on notebook')
})
