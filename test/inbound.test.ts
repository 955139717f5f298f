import { expect, test } from 'vitest'
import { asSystem } from '../src/db/scope.ts'
import { ask } from '../src/questions/store.ts'
import { DEFAULT_ORG } from '../src/orgs/org.ts'
import { parkTask, holdFence } from '../src/tasks/store.ts'
import { runOf, type Task } from '../src/tasks/task.ts'
import { openTalk, ANN } from './talk-kit.ts'

type Talk = Awaited<ReturnType<typeof openTalk>>

/** What a worker does when its agent asks. */
function askFor({ database }: Talk, task: Task, kind: 'permission' | 'question', title: string) {
  return asSystem(database, async (db) => {
    await holdFence(db, runOf(task))
    const choices =
      kind === 'permission'
        ? [
            { id: 'allow', label: 'Allow', effect: 'allow' },
            { id: 'deny', label: 'Deny', effect: 'deny' },
          ]
        : [{ id: 'Blue', label: 'Blue', effect: 'pick' }]
    await ask(db, {
      orgId: DEFAULT_ORG,
      conversationId: task.conversationId as string,
      taskId: task.id,
      kind,
      title,
      choices,
      freeText: kind === 'question',
    })
    await parkTask(db, runOf(task), 'input')
  })
}

test('a message becomes one task with a card, however often it is delivered, and its end one answer', async () => {
  await using talk = await openTalk()
  await talk.addCodebase('app')
  const said = talk.event('Fix the login')
  const { verdict, taskId } = await talk.say('', said)
  await talk.say('', said)
  await talk.say('', said)
  expect(verdict).toBe('task')
  expect(await talk.tasks()).toHaveLength(1)
  await talk.sees((note) => note.markdown.includes('scripted'))
  await talk.finish(await talk.claimTask(), 'The login is **fixed**.')
  await talk.sees((note) => note.markdown === 'The login is **fixed**.')
  await talk.settle()
  expect(talk.notes).toHaveLength(2)
  expect(talk.notes.filter((note) => note.markdown.includes('fixed'))).toHaveLength(1)
  expect(taskId).toMatch(/^tsk_/)
})

test('without a codebase a message is answered with the way to one', async () => {
  await using talk = await openTalk()
  expect(await talk.say('Fix the login')).toMatchObject({ verdict: 'command' })
  await talk.sees((note) => note.markdown === 'No codebase configured. Use `/clone <repo-url>` to get started.')
  expect(await talk.tasks()).toEqual([])
})

test('strangers start nothing, are told once, and let in they are heard', async () => {
  await using talk = await openTalk()
  await talk.addCodebase('app')
  const stranger = { actor: { id: 'U9', name: 'Eve', isBot: false } }
  const said = await talk.say('rm -rf', stranger)
  await talk.say('/status', stranger)
  await talk.sees((note) => note.markdown.includes('drover people add notebook U9'))
  await talk.settle()
  expect(said).toMatchObject({ verdict: 'dropped', reason: expect.stringContaining('drover people add notebook U9') })
  expect(talk.notes).toHaveLength(1)
  expect(await talk.tasks()).toEqual([])
  talk.allowed.add('U9')
  expect(await talk.say('Hello', stranger)).toMatchObject({ verdict: 'task' })
  talk.allowed.delete('U9')
  expect(await talk.say('Hello', stranger)).toMatchObject({ verdict: 'dropped' })
})

test('what is not addressed to us is dropped without its words, but in a thread of ours it counts', async () => {
  await using talk = await openTalk()
  await talk.addCodebase('app')
  const place = { channel: 'notebook', tenant: '', room: 'general', thread: '7' }
  const dropped = await talk.say('secret of others', { place, isAddressed: false })
  expect(dropped).toMatchObject({ verdict: 'dropped' })
  expect(JSON.stringify(dropped.event)).not.toContain('secret')
  await talk.say('Look into this', { place })
  expect(await talk.say('and that', { place, isAddressed: false })).toMatchObject({ verdict: 'task' })
})

test('whom a platform vouches for is heard, as long as it does, and works on what the place is about', async () => {
  await using talk = await openTalk()
  await talk.addCodebase('app')
  await talk.addCodebase('other')
  const about = { repository: 'https://git.example.com/acme/site.git', defaultBranch: 'trunk', title: 'Dark mode' }
  const bob = {
    actor: { id: '42', name: 'bob', isBot: false },
    about,
    place: { channel: 'notebook', tenant: '', room: 'acme/site', thread: '7' },
  }
  expect(await talk.say('Fix it', { ...bob, isVouchedFor: true })).toMatchObject({ verdict: 'task' })
  expect(await talk.say('And that', { ...bob, isVouchedFor: false })).toMatchObject({ verdict: 'dropped' })
  for (const away of ['/clone https://git.example.com/acme/secret.git', '/codebase-switch other'])
    expect(await talk.say(away, { ...bob, isVouchedFor: true })).toMatchObject({ reason: 'refused: not-here' })
  await talk.say('/status', { ...bob, isVouchedFor: true })
  const note = await talk.sees(({ markdown }) => markdown.startsWith('Codebase: site'))
  expect(note.markdown).toContain('Branch: drover/dark-mode-')
})

test('a program that answers each of our answers is heard twenty times, until somebody else speaks', async () => {
  await using talk = await openTalk()
  await talk.addCodebase('app')
  const place = { channel: talk.channel.name, tenant: '', room: 'ada/hello', thread: '7' }
  const machine = { place, isVouchedFor: true, actor: { id: 'M1', name: 'machine', isBot: false } }
  for (let n = 0; n < 20; n++) expect((await talk.say('/status', machine)).verdict).toBe('command')
  const stopped = await talk.say('/status', machine)
  expect(stopped).toMatchObject({ verdict: 'dropped', reason: expect.stringContaining('two programs') })
  await talk.say('go on', machine)
  const told = () => talk.notes.filter(({ markdown }) => markdown.includes('two programs'))
  await talk.sees(({ markdown }) => markdown.includes('two programs'))
  expect(told()).toHaveLength(1)
  expect((await talk.say('/status', { ...machine, actor: { id: 'E1', name: 'eve', isBot: false } })).verdict).toBe(
    'command',
  )
  expect((await talk.say('/status', machine)).verdict).toBe('command')
})

test('a bot is not answered', async () => {
  await using talk = await openTalk()
  expect(await talk.say('Hello', { actor: { id: ANN, name: 'Robot', isBot: true } })).toMatchObject({
    verdict: 'dropped',
  })
})

test.each([
  [
    '/help',
    /^Available Commands:\n\nCommand Management:\n {2}\/command-set <name> <path> \[text\] - Register\/create command/,
  ],
  ['/status', /^Codebase: app \(cbs_\w+\)\nCWD: \/workspace\/app\nAssistant: scripted\nActive Session: none/],
  ['/commands', /^Registered Commands for app:\n\nprime - \.claude\/commands\/prime\.md\n {2}Do prime/],
  ['/getcwd', /^Current working directory: \/workspace\/app$/],
  ['/setcwd web', /^Working directory set to \/workspace\/app\/web$/],
  ['/setcwd /workspace/app/web/../api', /^Working directory set to \/workspace\/app\/api$/],
  ['/setcwd ../other', /outside of \/workspace\/app/],
  ['/setcwd /etc', /outside of \/workspace\/app/],
  ['/codebases', /^Codebases:\n\n→ app/],
  ['/codebase-switch nowhere', /There is no codebase "nowhere"/],
  ['/command-invoke', /Say which/],
  [
    '/command-invoke deploy',
    /Command 'deploy' is not registered. Use `\/load-commands <folder>` or `\/command-set deploy <path>`/,
  ],
  ['/reset', /^Session cleared. Starting fresh session\.\nThere was no session before/],
  ['/agent', /Assistant: scripted/],
  ['/agent claude', /Assistant: claude/],
  ['/agent nobody', /There is no agent "nobody"/],
  ['/stop', /^Nothing is running here\.$/],
  ['/logs', /Nothing has run here yet/],
  ['/quiet', /^Quiet/],
  ['/quiet loud', /It is `\/quiet`/],
  ['/busy collect', /join the message that waits/],
  ['/busy sometimes', /It is one of/],
  ['/nonsense', /There is no command \/nonsense/],
  ['/clone https://me:secret@git.example.com/x.git', /Leave the password out/],
])('%s is answered without a model', async (text, answer) => {
  await using talk = await openTalk()
  await talk.addCodebase('app', ['prime', 'plan'])
  expect(await talk.say(text)).toMatchObject({ verdict: 'command' })
  await talk.sees((note) => answer.test(note.markdown))
  expect(await talk.tasks()).toEqual([])
})

test('a path is no command', async () => {
  await using talk = await openTalk()
  await talk.addCodebase('app')
  expect(await talk.say('/etc/hosts is wrong')).toMatchObject({ verdict: 'task' })
})

test('a registered command runs by its own name, with its arguments', async () => {
  await using talk = await openTalk()
  await talk.addCodebase('app', ['plan'])
  await talk.say('/plan "Add dark mode" now')
  await talk.say('/command-invoke plan "Add dark mode" now')
  const [second, first] = await talk.tasks()
  const command = { name: 'plan', path: '.claude/commands/plan.md', argumentText: '"Add dark mode" now' }
  expect([first?.input, second?.input]).toEqual([{ command }, { command }])
})

test('what a command has to read in the repository is a task', async () => {
  await using talk = await openTalk()
  await talk.addCodebase('app')
  await talk.say('/load-commands .claude/commands')
  await talk.say('/command-set greet .claude/commands/greet.md "Say hello to $1"')
  await talk.say('/clone https://git.example.com/other.git')
  const chores = (await talk.tasks()).toReversed().map(({ kind, input }) => [kind, input.chore])
  expect(chores).toEqual([
    ['repository', { type: 'load-commands', folder: '.claude/commands' }],
    ['repository', { type: 'command-set', name: 'greet', path: '.claude/commands/greet.md', text: 'Say hello to $1' }],
    [
      'repository',
      {
        type: 'clone',
        codebase: { id: expect.stringMatching(/^cbs_/), name: 'other', url: 'https://git.example.com/other.git' },
      },
    ],
  ])
})

test('another codebase is another conversation, and the way back leads to the first', async () => {
  await using talk = await openTalk()
  await talk.addCodebase('app')
  const first = await talk.say('Hello')
  await talk.addCodebase('other')
  await talk.say('/codebase-switch other')
  await talk.sees((note) => note.markdown === 'Switched to codebase: other\nCWD: /workspace/other')
  const second = await talk.say('Hello')
  await talk.say('/codebase-switch app')
  const third = await talk.say('Hello')
  expect(second.conversationId).not.toBe(first.conversationId)
  expect(third.conversationId).toBe(first.conversationId)
  // What the first began is still answered here.
  await talk.finish(await talk.claimTask(), 'from the first')
  await talk.sees((note) => note.markdown === 'from the first')
})

test('a permission is given by its button, once, and every copy says so', async () => {
  await using talk = await openTalk()
  await talk.addCodebase('app')
  await talk.say('Clean up')
  await askFor(talk, await talk.claimTask(), 'permission', 'Run rm -rf build')
  const card = await talk.sees((note) => note.buttons.length === 2)
  // Text is no approval by the way.
  await talk.say('yes')
  expect((await talk.tasks()).at(-1)).toMatchObject({ status: 'waiting' })
  await talk.sees((note) => note.markdown.includes('This waits until you have answered: Run rm -rf build'))
  expect(await talk.press(card, 'Allow')).toMatchObject({ verdict: 'answer' })
  expect((await talk.tasks()).at(-1)).toMatchObject({ status: 'pending', input: { answer: { choice: 'allow' } } })
  const closed = await talk.sees((note) => note.markdown.includes('✔ Allow (Ann)'))
  expect(closed).toMatchObject({ id: card.id, buttons: [] })
  await talk.press(card, 'Deny')
  await talk.sees((note) => note.markdown === 'That was answered before.')
  expect((await talk.tasks()).at(-1)).toMatchObject({ input: { answer: { choice: 'allow' } } })
})

test('a permission is given by an answer to its own message, too', async () => {
  await using talk = await openTalk()
  await talk.addCodebase('app')
  await talk.say('Clean up')
  await askFor(talk, await talk.claimTask(), 'permission', 'Run rm -rf build')
  const card = await talk.sees((note) => note.buttons.length === 2)
  expect(await talk.say('maybe', { replyTo: card.id })).toMatchObject({ verdict: 'command' })
  await talk.sees((note) => note.markdown === 'Answer with one of: Allow, Deny.')
  expect(await talk.say('no', { replyTo: card.id })).toMatchObject({ verdict: 'answer' })
  expect((await talk.tasks())[0]).toMatchObject({ input: { answer: { choice: 'deny' } } })
})

test('a member may not allow what another asked for', async () => {
  await using talk = await openTalk()
  await talk.addCodebase('app')
  await talk.say('Clean up')
  await askFor(talk, await talk.claimTask(), 'permission', 'Run rm')
  const card = await talk.sees((note) => note.buttons.length === 2)
  talk.allowed.add('U2')
  await talk.say('/help', { actor: { id: 'U2', name: 'Bob', isBot: false } })
  await asSystem(talk.database, (db) =>
    db.updateTable('members').set({ role: 'member' }).where('name', '=', 'Bob').execute(),
  )
  await talk.press(card, 'Allow', { id: 'U2', name: 'Bob', isBot: false })
  await talk.sees((note) => note.markdown.startsWith('Only who asked for this work'))
  expect((await talk.tasks())[0]).toMatchObject({ status: 'waiting' })
})

test('an agent’s question is answered by the next message', async () => {
  await using talk = await openTalk()
  await talk.addCodebase('app')
  await talk.say('Paint it')
  await askFor(talk, await talk.claimTask(), 'question', 'Which colour?')
  await talk.sees((note) => note.markdown.includes('Which colour?'))
  expect(await talk.say('A dark green')).toMatchObject({ verdict: 'answer' })
  expect(await talk.tasks()).toMatchObject([{ status: 'pending', input: { answer: { text: 'A dark green' } } }])
})

test('a button of a question that is asked elsewhere does nothing', async () => {
  await using talk = await openTalk()
  await talk.addCodebase('app')
  await talk.say('Clean up')
  await askFor(talk, await talk.claimTask(), 'permission', 'Run rm')
  const card = await talk.sees((note) => note.buttons.length === 2)
  const [questionId = ''] = card.buttons[0]?.split('|') ?? []
  const elsewhere = { channel: 'notebook', tenant: '', room: 'r2', thread: '' }
  const { key, at, actor } = talk.event('')
  await talk.say('', {
    ...({ type: 'choice', key, at, actor, questionId, choiceId: '0', place: elsewhere, messageId: 'x' } as object),
  })
  expect((await talk.tasks())[0]).toMatchObject({ status: 'waiting' })
})

test('messages wait in line, and the card of what runs shows them', async () => {
  await using talk = await openTalk()
  await talk.addCodebase('app')
  await talk.say('First')
  const first = await talk.claimTask()
  await talk.say('Second')
  await talk.say('Third')
  expect((await talk.tasks()).map(({ status }) => status)).toEqual(['queued', 'queued', 'running'])
  await talk.finish(first, 'one')
  await talk.finish(await talk.claimTask(), 'two')
  await talk.finish(await talk.claimTask(), 'three')
  await talk.sees((note) => note.markdown === 'three')
  expect(talk.notes.map(({ markdown }) => markdown).filter((text) => ['one', 'two', 'three'].includes(text))).toEqual([
    'one',
    'two',
    'three',
  ])
})

test('collect adds to what waits, interrupt takes the place of what runs', async () => {
  await using talk = await openTalk()
  await talk.addCodebase('app')
  await talk.say('First')
  await talk.claimTask()
  await talk.say('Second')
  await talk.say('/collect and this')
  expect((await talk.tasks()).map(({ prompt }) => prompt)).toEqual(['Second\n\nand this', 'First'])
  await talk.say('/interrupt Leave that')
  expect((await talk.tasks()).map(({ prompt, status, cancelRequested }) => [prompt, status, cancelRequested])).toEqual([
    ['Leave that', 'queued', false],
    ['Second\n\nand this', 'cancelled', true],
    ['First', 'running', true],
  ])
})

test('what cannot be handled is tried three times, then parked and said so, and does not stop what comes behind it', async () => {
  await using talk = await openTalk()
  await talk.addCodebase('app')
  const broken = talk.event('x', { text: undefined as unknown as string })
  await talk.say('', broken)
  for (let n = 0; n < 2; n++) {
    await asSystem(talk.database, (db) =>
      db
        .updateTable('inbox')
        .set({ run_at: new Date(0) })
        .execute(),
    )
    await talk.say('', broken)
  }
  expect(await talk.say('', broken)).toMatchObject({ status: 'parked', tries: 3 })
  await talk.sees((note) => note.markdown.includes('drover why inb_'))
  expect(await talk.say('Hello')).toMatchObject({ verdict: 'task' })
})
