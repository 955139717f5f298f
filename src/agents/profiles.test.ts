import { expect, test } from 'vitest'
import { readProfiles } from './profiles.ts'

test('an empty file leaves the built-in agents', () => {
  expect(readProfiles({}).map(({ name }) => name)).toEqual(['scripted', 'aider'])
})

test('a profile of one’s own has defaults, and comes before the built-in ones', () => {
  const [gemini] = readProfiles({ gemini: { driver: 'acp', command: ['gemini', '--acp'], limits: { wallMinutes: 5 } } })
  expect(gemini).toEqual({
    name: 'gemini',
    title: 'gemini',
    driver: 'acp',
    command: ['gemini', '--acp'],
    env: [],
    network: [],
    autonomy: 'ask',
    limits: { wallMs: 300_000, stallMs: 600_000, outputBytes: 2_097_152 },
  })
})

test('a built-in profile can be replaced', () => {
  const profiles = readProfiles({ aider: { driver: 'aider', command: ['aider'], model: 'sonnet' } })
  expect(profiles.map(({ name, model }) => [name, model])).toEqual([
    ['aider', 'sonnet'],
    ['scripted', undefined],
  ])
})

test('all mistakes are told at once, and where they are', () => {
  const json = {
    'My Agent': { driver: 'acp', command: ['x'] },
    one: { driver: 'magic', command: ['x'] },
    two: { driver: 'cli', env: ['A=B'], limits: { wallMinutes: 0 }, colour: 'red' },
  }
  expect(() => readProfiles(json)).toThrow(expect.objectContaining({ name: 'UserError', code: 'agents-file' }))
  for (const where of ['My Agent', 'one.driver', 'two.command', 'two.env.0', 'two.limits.wallMinutes', 'colour']) {
    expect(() => readProfiles(json)).toThrow(where)
  }
})

test.each([[null], ['x'], [[]]])('%j is no agents file', (json) => {
  expect(() => readProfiles(json)).toThrow('the file: ')
})
