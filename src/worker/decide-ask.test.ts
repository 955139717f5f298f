import { expect, test } from 'vitest'
import type { Ask, Autonomy, ToolKind } from '../agents/driver.ts'
import { decideAsk } from './decide-ask.ts'

const permission = (toolKind: ToolKind, title = 'do it'): Ask => ({
  id: 'a',
  kind: 'permission',
  title,
  toolKind,
  freeText: false,
  choices: [
    { id: 'yes', label: 'Allow', effect: 'allow' },
    { id: 'no', label: 'Deny', effect: 'deny' },
  ],
})

test.each<[Autonomy, ToolKind, 'yes' | 'no' | 'park']>([
  ['full', 'execute', 'yes'],
  ['edits', 'edit', 'yes'],
  ['edits', 'execute', 'park'],
  ['ask', 'read', 'yes'],
  ['ask', 'edit', 'park'],
  ['readonly', 'read', 'yes'],
  ['readonly', 'edit', 'no'],
  ['readonly', 'execute', 'no'],
])('with autonomy %s an agent that wants to %s gets: %s', (autonomy, kind, expected) => {
  expect(decideAsk(permission(kind), autonomy, undefined)).toEqual(expected === 'park' ? 'park' : { choose: expected })
})

test('what a person allowed is allowed for that very thing only', () => {
  const approval = { title: 'rm -r build', choice: 'yes' }
  expect(decideAsk(permission('execute', 'rm -r build'), 'ask', approval)).toEqual({ choose: 'yes' })
  expect(decideAsk(permission('execute', 'rm -r /'), 'ask', approval)).toBe('park')
})

test('a question is for a person, whatever the agent may do', () => {
  expect(decideAsk({ ...permission('other'), kind: 'question' }, 'full', undefined)).toBe('park')
})
