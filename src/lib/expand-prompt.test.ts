import { expect, test } from 'vitest'
import { expandPrompt, splitArguments } from './expand-prompt.ts'

test('words are cut as a shell cuts them, and nothing is run', () => {
  expect(splitArguments(`fix "the build" 'it''s' a\\ b  $(rm -rf /)`)).toEqual([
    'fix',
    'the build',
    'its',
    'a b',
    '$(rm',
    '-rf',
    '/)',
  ])
  expect(splitArguments('')).toEqual([])
  expect(splitArguments('an "open quote')).toEqual(['an', 'open quote'])
})

test('$1 is the first argument, $ARGUMENTS all as they were given, names are variables', () => {
  const template = 'Plan $1 for $2, not $3. All: $ARGUMENTS. See $PLAN and ${ISSUE}s. It costs $$5.'
  expect(
    expandPrompt(template, { argumentText: 'login "the phone"', variables: { PLAN: 'plan.md', ISSUE: '#12' } }),
  ).toBe('Plan login for the phone, not . All: login "the phone". See plan.md and #12s. It costs $5.')
})

test('what came in is not expanded a second time, and unknown names stay as they are', () => {
  expect(expandPrompt('$1 $HOME', { argumentText: '$2', variables: {} })).toBe('$2 $HOME')
})
