import { expect, test } from 'vitest'
import type { Ask } from '../agents/driver.ts'
import type { Task } from '../tasks/task.ts'
import { briefed } from './brief.ts'
import { nextPrompt } from './next-prompt.ts'

const task = (more: Partial<Task> = {}) =>
  ({
    prompt: 'Mend the build',
    agent: 'claude',
    status: 'completed',
    input: {},
    result: null,
    failure: null,
    ...more,
  }) as Task
const question: Ask = {
  id: 'que_1',
  kind: 'question',
  title: 'Which branch?',
  choices: [{ id: 'm', label: 'main', effect: 'pick' }],
  freeText: true,
}

test('a first run is told the prompt as it is; one that was interrupted is told to go on', () => {
  expect(nextPrompt(task(), {}, [])).toEqual({ key: 'prompt', text: 'Mend the build' })
  const again = nextPrompt(task(), { begun: 'prompt' }, [])
  expect(again.text).toMatch(/interrupted.*\n\nMend the build$/s)
})

test('an answer is told once, and an interrupted run with it goes on with it', () => {
  const answered = task({ input: { answer: { choice: 'm' } } })
  expect(nextPrompt(answered, { question, begun: 'prompt' }, [])).toEqual({ key: 'answer que_1', text: 'main' })
  expect(nextPrompt(answered, { question, begun: 'answer que_1' }, []).text).toMatch(/interrupted.*main$/s)
  // Cancelled while it waited, then started again: there is no answer to tell.
  expect(nextPrompt(task(), { question }, []).text).toBe('Mend the build')
})

test('a permission that was given carries the choice along', () => {
  const allow = { id: 'yes', label: 'Allow', effect: 'allow' as const }
  const permission: Ask = { ...question, kind: 'permission', title: 'Write a.txt', choices: [allow], freeText: false }
  expect(nextPrompt(task({ input: { answer: { choice: 'yes' } } }), { question: permission }, [])).toEqual({
    key: 'answer que_1',
    text: 'Allowed: Write a.txt. Go on.',
    approval: { title: 'Write a.txt', choice: 'yes' },
  })
})

test('a parent is told what became of its children', () => {
  const child = task({
    id: 'tsk_c',
    title: 'Write tests',
    result: { text: 'Three tests', branch: 'drover/c', durationMs: 1 },
  })
  const { text } = nextPrompt(task(), { children: true }, [child])
  expect(text).toContain('Write tests (tsk_c): completed')
  expect(text).toContain('Branch: drover/c')
})

test('an agent without a session is told what was asked and done, oldest first', () => {
  const first = task({ prompt: 'one', result: { text: 'did one', diffStat: ' a.txt | 1 +', durationMs: 1 } })
  const second = task({
    prompt: 'two',
    agent: 'codex',
    status: 'failed',
    failure: { class: 'auth', message: 'No login.' },
  })
  const text = briefed('three', [second, first])
  expect(text.indexOf('Asked: one')).toBeLessThan(text.indexOf('Asked: two'))
  for (const part of ['claude answered: did one', 'a.txt | 1 +', 'It ended as failed: No login.'])
    expect(text).toContain(part)
  expect(text.endsWith('Now:\n\nthree')).toBe(true)
  expect(briefed('three', [])).toBe('three')
})
