import { expect, test } from 'vitest'
import { createTerminal } from '../../test/fakes/terminal.ts'
import type { ConsoleMessage } from '../http/wire.ts'
import { createOutput } from './output.ts'
import { createFinalView, createLiveView } from './room-view.ts'
import { createScreen } from './screen.ts'

type Shown = Extract<ConsoleMessage, { by: 'drover' }>

const NOTHING = { at: '2026-01-01T00:00:00.000Z', conversationId: 'cnv_1', taskId: null }
const shown = (id: string, kind: Shown['kind'], text: string, more: Partial<Shown> = {}): Shown => {
  const rest = { messageId: `${id}/0`, question: null, isFinal: true }
  return { by: 'drover', id, kind, text, ...NOTHING, ...rest, ...more }
}
const said = (id: string, text: string): ConsoleMessage => {
  const handled = { status: 'done', verdict: 'task', reason: null } as const
  return { by: 'person', id, text, ...NOTHING, ...handled, name: 'Ann', channel: 'telegram' }
}
const living = { isFinal: false, taskId: 'tsk_1' }
const ended = { isFinal: true, taskId: 'tsk_1' }
const QUESTION = { id: 'que_1', kind: 'question' as const, choices: [{ id: '0', label: 'Red' }], freeText: false }

const roomOf = (messages: ConsoleMessage[]) => ({ messages: () => messages, isOwn: (id: string) => id === 'own' })

function openLive() {
  const terminal = createTerminal()
  const screen = createScreen(terminal.stdout, undefined)
  const view = createLiveView(screen, createOutput({ ...terminal, stderr: terminal.stdout }, { NO_COLOR: '1' }))
  return {
    skip: (...messages: ConsoleMessage[]) => view.skip(roomOf(messages)),
    after(...messages: ConsoleMessage[]) {
      view.show(roomOf(messages))
      return terminal.text()
    },
  }
}

test('an answer is written as it grows, above the card of its task, which stands for good behind it', () => {
  const { after } = openLive()
  const card = shown('c', 'card', 'scripted works\n• reading', living)
  expect(after(card)).toBe('scripted works\n• reading')
  expect(after(card, shown('a', 'answer', 'Let me', living))).toBe('Let me\nscripted works\n• reading')
  const more = shown('a', 'answer', 'Let me look.\n\nIt is', living)
  expect(after(card, more)).toBe('Let me look.\n\nIt is\nscripted works\n• reading')
  const last = shown('c', 'card', 'Done', ended)
  // The card may be ready before the answer.
  expect(after(last, more)).toBe('Let me look.\n\nIt is\nDone')
  expect(after(last, shown('a', 'answer', 'Let me look.\n\nIt is fine.', ended))).toBe(
    'Let me look.\n\nIt is fine.\n\nDone',
  )
})

test('an end that repeats what was said on the way is not said twice; another one is', () => {
  const same = openLive()
  same.after(shown('a', 'answer', 'Looking.\n\nFine', living))
  expect(same.after(shown('a', 'answer', 'Fine', ended))).toBe('Looking.\n\nFine')
  const other = openLive()
  other.after(shown('a', 'answer', 'Looking.\n\nHm', living))
  expect(other.after(shown('a', 'answer', 'It is broken.', ended))).toBe('Looking.\n\n\nIt is broken.')
})

test('a question is shown with numbers, and once more when it is answered', () => {
  const { after } = openLive()
  expect(after(shown('q', 'question', '❓ Which?', { question: QUESTION }))).toBe('❓ Which?\n  1) Red')
  expect(after(shown('q', 'question', '❓ Which?\n✔ Red (Ann)'))).toBe('❓ Which?\n  1) Red\n❓ Which?\n✔ Red (Ann)')
})

test('what others said is shown with their name and where; what this terminal said is there already', () => {
  const { after } = openLive()
  expect(after(said('own', 'mine'), said('other', 'theirs'))).toBe('Ann (telegram): theirs')
})

test('what is known as the past is not shown; what still lives is', () => {
  const { skip, after } = openLive()
  const past = [said('s', 'old'), shown('t', 'text', 'old'), shown('a', 'answer', 'old', ended)]
  const now = [shown('c', 'card', 'working', living), shown('q', 'question', 'Which?', { question: QUESTION })]
  skip(...past, ...now)
  expect(after(...past, ...now)).toBe('Which?\n  1) Red\nworking')
})

test('no control sequence of whoever wrote it reaches the terminal', () => {
  const { after } = openLive()
  expect(after(shown('t', 'text', 'a\u001b[2Jb\u0007'), shown('a', 'answer', '\u001b[1Ax', living))).toBe('ab\nx')
})

test('who does not look on gets each thing in its last form', () => {
  const printed: string[] = []
  const view = createFinalView(({ text }) => printed.push(text))
  const show = (...messages: ConsoleMessage[]) => view.show(roomOf(messages))
  show(said('own', 'x'), shown('c', 'card', 'working', living), shown('t', 'text', '', { isFinal: false }))
  show(shown('c', 'card', 'Done', ended), shown('t', 'text', 'Hi'), shown('a', 'answer', 'A', living))
  show(shown('c', 'card', 'Done', ended), shown('t', 'text', 'Hi'), shown('a', 'answer', 'All', ended))
  expect(printed).toEqual(['Done', 'Hi', 'All'])
})
