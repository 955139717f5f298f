import { z } from 'zod'
import { defineTool, text } from './tool.ts'

const MAX_TEXT_BYTES = 4096

export const askPerson = defineTool({
  name: 'ask_person',
  description:
    'Puts a question to the person who gave you this task: for a decision that is theirs and without which you cannot go on well. Returns at once. Then end your turn; the answer comes with your next message, perhaps hours later. One question at a time.',
  maxCalls: 20,
  input: z.strictObject({
    question: text(
      MAX_TEXT_BYTES,
      'The question, with what a person must know to answer it. Markdown, at most 4096 bytes',
    ),
    choices: z
      .array(text(200, 'At most 200 bytes'))
      .max(10, 'There are more than 10')
      .refine((choices) => new Set(choices).size === choices.length, 'Two are the same')
      .optional()
      .describe('Up to 10 answers to choose from. Another answer, in words, is always possible'),
  }),
  run: ({ host }, { question, choices = [] }) => host.askPerson({ title: question, choices }),
})

export const reportProgress = defineTool({
  name: 'report_progress',
  description: 'Tells those who watch this task how far it is, in a sentence. For work that takes long.',
  maxCalls: 200,
  input: z.strictObject({ text: text(MAX_TEXT_BYTES, 'What is done and what comes next. At most 4096 bytes') }),
  async run({ host }, { text }) {
    host.report(text)
    return 'Reported.'
  },
})
