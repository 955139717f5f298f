import type { CreateElicitationRequest } from '@agentclientprotocol/sdk'
import { expect, test } from 'vitest'
import type { Ask, Reply } from '../driver.ts'
import { answerElicitation } from './questions.ts'

function form(properties: Record<string, unknown>): CreateElicitationRequest {
  return {
    sessionId: 'session-1',
    mode: 'form',
    message: 'Before I go on',
    requestedSchema: { type: 'object', properties },
  }
}

/** Answers in order. */
function people(...replies: Reply[]) {
  const questions: Ask[] = []
  const ask = async (question: Ask) => replies[questions.push(question) - 1] ?? 'park'
  return { ask, questions }
}

const CLAUDES_QUESTION = form({
  question_0: {
    type: 'string',
    title: 'Which colour?',
    oneOf: [
      { const: 'red', title: 'Red' },
      { const: 'blue', title: 'Blue' },
    ],
  },
  question_0_custom: { type: 'string' },
})

test('a choice goes into its field, own words into the field beside it', async () => {
  const chosen = people({ choose: 'blue' })
  expect(await answerElicitation(CLAUDES_QUESTION, chosen.ask)).toEqual({
    action: 'accept',
    content: { question_0: 'blue' },
  })
  expect(chosen.questions).toMatchObject([{ title: 'Before I go on', freeText: true, choices: [{ id: 'red' }, {}] }])
  expect(await answerElicitation(CLAUDES_QUESTION, people({ text: 'green' }).ask)).toEqual({
    action: 'accept',
    content: { question_0_custom: 'green' },
  })
})

test('a form is asked one field after the other, and each answer gets its field’s type', async () => {
  const request = form({
    sure: { type: 'boolean', title: 'Sure?' },
    count: { type: 'integer', title: 'How many?' },
    parts: { type: 'array', title: 'Which?', items: { type: 'string', enum: ['a', 'b'] } },
  })
  const { ask, questions } = people({ choose: 'true' }, { text: '3' }, { choose: 'b' })
  expect(await answerElicitation(request, ask)).toEqual({
    action: 'accept',
    content: { sure: true, count: 3, parts: ['b'] },
  })
  expect(questions.map(({ title }) => title)).toEqual([
    'Before I go on — Sure?',
    'Before I go on — How many?',
    'Before I go on — Which?',
  ])
})

test('a question that nobody answers is cancelled and marked as put off', async () => {
  const response = await answerElicitation(CLAUDES_QUESTION, people('park').ask)
  expect(response).toEqual({ action: 'cancel', _meta: { 'drover/parked': true } })
})

test('a form that lives on a web page is declined', async () => {
  const request = { sessionId: 's', mode: 'url', message: 'Log in', url: 'https://x', elicitationId: 'e' } as const
  expect(await answerElicitation(request, people().ask)).toEqual({ action: 'decline' })
})
