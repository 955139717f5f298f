import { expect, test } from 'vitest'
import type { Ask, Autonomy, Reply } from '../driver.ts'
import { PROFILE } from './fake-sdk.ts'
import { createPermissions } from './permissions.ts'
import type { PermissionOptions } from './sdk.ts'

interface Setting {
  autonomy?: Autonomy
  replies?: (Reply | 'stopped')[]
}

function people({ autonomy = 'ask', replies = [] }: Setting) {
  const questions: Ask[] = []
  const denied: string[] = []
  const canUseTool = createPermissions({
    profile: { ...PROFILE, autonomy },
    workspace: '/workspace',
    ask: async (question) => replies[questions.push(question) - 1] ?? 'park',
    onDenied: (toolId) => void denied.push(toolId),
  })
  return { canUseTool, questions, denied }
}

const OPTIONS: PermissionOptions = {
  toolUseID: 'toolu_1',
  suggestions: [{ type: 'addRules', rules: [{ toolName: 'Bash' }], behavior: 'allow', destination: 'localSettings' }],
}
const WRITE = { file_path: '/workspace/notes.md', content: 'hello\n' }

test('a permission is asked for with its title, its kind and its files', async () => {
  const { canUseTool, questions } = people({ replies: [{ choose: 'allow' }] })
  expect(await canUseTool('Write', WRITE, OPTIONS)).toEqual({ behavior: 'allow', updatedInput: WRITE })
  expect(questions).toMatchObject([
    {
      id: 'toolu_1',
      kind: 'permission',
      title: 'Write notes.md',
      toolKind: 'edit',
      files: [{ path: 'notes.md', newText: 'hello\n' }],
      choices: [{ effect: 'allow' }, { effect: 'allow_session' }, { effect: 'deny' }],
      freeText: false,
    },
  ])
})

test('the same call has the same title in each process, however its path is told', async () => {
  const { canUseTool, questions } = people({})
  await canUseTool('Write', WRITE, OPTIONS)
  await canUseTool('Write', { ...WRITE, file_path: 'notes.md' }, { toolUseID: 'toolu_2' })
  expect(questions.map(({ title }) => title)).toEqual(['Write notes.md', 'Write notes.md'])
})

test('what is allowed for the session is written into no file of the workspace', async () => {
  const { canUseTool } = people({ replies: [{ choose: 'session' }] })
  expect(await canUseTool('Bash', { command: 'npm test' }, OPTIONS)).toMatchObject({
    behavior: 'allow',
    updatedPermissions: [{ type: 'addRules', destination: 'session' }],
  })
})

test('where Claude offers no rule for it, nothing can be allowed for the session', async () => {
  const { canUseTool, questions } = people({})
  await canUseTool('Bash', { command: 'x' }, { toolUseID: 'toolu_1' })
  await canUseTool('Bash', { command: 'x' }, { ...OPTIONS, suppressAlwaysAllowRule: true })
  expect(questions.map(({ choices }) => choices.map(({ effect }) => effect))).toEqual([
    ['allow', 'deny'],
    ['allow', 'deny'],
  ])
})

test('whatever is no yes is a no, and the agent may go on', async () => {
  const { canUseTool, denied } = people({
    replies: [{ choose: 'deny' }, { choose: 'nothing of ours' }, { text: 'use npm' }],
  })
  const answers = []
  for (const toolUseID of ['a', 'b', 'c']) answers.push(await canUseTool('Bash', {}, { ...OPTIONS, toolUseID }))
  expect(answers.map(({ behavior }) => behavior)).toEqual(['deny', 'deny', 'deny'])
  expect(answers.some((answer) => 'interrupt' in answer)).toBe(false)
  expect(answers[2]).toMatchObject({ message: 'A person said no: use npm' })
  expect(denied).toEqual(['a', 'b', 'c'])
})

test('a question that nobody answers, or that comes while the turn stops, ends the turn', async () => {
  const { canUseTool, denied } = people({ replies: ['park', 'stopped'] })
  for (const name of ['Bash', 'AskUserQuestion']) {
    const input = name === 'Bash' ? {} : { questions: [{ question: 'Which?', options: [] }] }
    expect(await canUseTool(name, input, OPTIONS)).toMatchObject({ behavior: 'deny', interrupt: true })
  }
  expect(denied).toEqual([])
})

test('with full autonomy nothing is asked but questions', async () => {
  const { canUseTool, questions } = people({ autonomy: 'full', replies: [{ choose: 'Red' }] })
  expect(await canUseTool('Bash', { command: 'rm -rf .' }, OPTIONS)).toMatchObject({ behavior: 'allow' })
  expect(questions).toEqual([])
  await canUseTool('AskUserQuestion', { questions: [{ question: 'Which?', options: [{ label: 'Red' }] }] }, OPTIONS)
  expect(questions).toHaveLength(1)
})

test('several questions are asked one after the other, and answered by choice or in own words', async () => {
  const { canUseTool, questions } = people({ replies: [{ choose: 'Blue' }, { text: 'as you like' }] })
  const input = {
    questions: [
      {
        question: 'Which colour?',
        header: 'Colour',
        options: [{ label: 'Red' }, { label: 'Blue' }],
        multiSelect: false,
      },
      { question: 'Which size?', header: 'Size', options: [{ label: 'S' }], multiSelect: true },
    ],
  }
  expect(await canUseTool('AskUserQuestion', input, OPTIONS)).toEqual({
    behavior: 'allow',
    updatedInput: { ...input, answers: { 'Which colour?': 'Blue', 'Which size?': 'as you like' } },
  })
  expect(questions.map(({ id, kind, title, freeText }) => ({ id, kind, title, freeText }))).toEqual([
    { id: 'toolu_1', kind: 'question', title: 'Which colour?', freeText: true },
    { id: 'toolu_1-2', kind: 'question', title: 'Which size?', freeText: true },
  ])
  expect(questions[0]?.choices).toEqual([
    { id: 'Red', label: 'Red', effect: 'pick' },
    { id: 'Blue', label: 'Blue', effect: 'pick' },
  ])
})

test('a tool of an MCP server is asked for with the name of the server', async () => {
  const { canUseTool, questions } = people({})
  await canUseTool('mcp__drover__post_update', { text: 'hi' }, { ...OPTIONS, mcpServer: { name: 'drover' } })
  expect(questions).toMatchObject([{ title: 'drover: post_update', toolKind: 'mcp', mcpServer: 'drover' }])
})
