import { expect, test } from 'vitest'
import type { ConsoleMessage } from '../http/wire.ts'
import { isBusy, openQuestion, outcomeOf } from './outcome.ts'

type Said = Extract<ConsoleMessage, { by: 'person' }>
type Shown = Extract<ConsoleMessage, { by: 'drover' }>

const ABOUT = { at: '2026-01-01T00:00:00.000Z', text: 'x', conversationId: 'cnv_1' }
const said = (more: Partial<Said> = {}): Said => {
  const handled = { status: 'done', verdict: 'task', reason: 'started a task', taskId: 'tsk_1' } as const
  return { by: 'person', id: 's', name: 'Ann', channel: 'console', ...ABOUT, ...handled, ...more }
}
const shown = (kind: Shown['kind'], isFinal: boolean, more: Partial<Shown> = {}): Shown => {
  const rest = { taskId: 'tsk_1', messageId: 'm', question: null }
  return { by: 'drover', id: kind, kind, isFinal, ...ABOUT, ...rest, ...more }
}
const question = (kind: 'permission' | 'question' | 'offer') => ({ id: 'que_1', kind, choices: [], freeText: true })
const outcome = (...messages: ConsoleMessage[]) => outcomeOf(messages, 's')

test('a task is over once its card and its answer are in their last form', () => {
  expect(outcome()).toBeUndefined()
  expect(outcome(said({ status: 'new', verdict: null, taskId: null }))).toBeUndefined()
  // In a quiet conversation there is nothing until the end.
  expect(outcome(said())).toBeUndefined()
  expect(outcome(said(), shown('card', false))).toBeUndefined()
  expect(outcome(said(), shown('card', true), shown('answer', false))).toBeUndefined()
  expect(outcome(said(), shown('card', false), shown('answer', true))).toBeUndefined()
  expect(outcome(said(), shown('card', false, { taskId: 'tsk_2' }), shown('answer', true))).toMatchObject({
    type: 'ended',
    taskId: 'tsk_1',
  })
  // One that was cancelled has no answer.
  expect(outcome(said(), shown('card', true))).toMatchObject({ type: 'ended' })
})

test('what waits for somebody to answer is as far as it gets', () => {
  const asking = shown('question', true, { question: question('permission') })
  expect(outcome(said(), shown('card', false), asking)).toEqual({ type: 'asked' })
  // Not shown yet: nobody could answer.
  expect(outcome(said(), shown('card', false), { ...asking, isFinal: false })).toBeUndefined()
  // Nothing waits for an offer of Drover's.
  const offered = shown('question', true, { question: question('offer') })
  expect(outcome(said(), shown('card', false), offered)).toBeUndefined()
  expect([openQuestion([asking, offered])?.question?.kind, openQuestion([offered])]).toEqual(['permission', undefined])
})

test('a command is done when its reply is shown, and one that is refused says why', () => {
  const command = said({ verdict: 'command', taskId: null, reason: 'command /status' })
  expect(outcome(command, shown('text', false))).toBeUndefined()
  expect(outcome(command, shown('text', true))).toEqual({ type: 'replied' })
  const refused = said({ verdict: 'command', taskId: null, reason: 'refused: no-codebase' })
  expect(outcome(refused, shown('text', true))).toEqual({ type: 'refused', reason: 'refused: no-codebase' })
  expect(outcome(said({ status: 'parked', verdict: null, reason: 'a bug' }))).toMatchObject({ type: 'refused' })
  expect(outcome(said({ verdict: 'dropped', taskId: null }))).toMatchObject({ type: 'refused' })
})

test('somebody works as long as a card or an answer lives', () => {
  expect(isBusy([said(), shown('card', false)])).toBe(true)
  expect(isBusy([said(), shown('card', true), shown('text', false)])).toBe(false)
})
