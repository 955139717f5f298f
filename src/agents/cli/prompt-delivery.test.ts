import { expect, test } from 'vitest'
import { planDelivery } from './prompt-delivery.ts'

const PARTS = { prompt: 'do {home} it', model: 'large', home: '/home/agent' }

test('the prompt goes to stdin where no argument takes it', () => {
  expect(planDelivery({ ...PARTS, args: ['--model', '{model}'] })).toEqual({
    args: ['--model', 'large'],
    stdin: 'do {home} it',
  })
})

test('the prompt goes into the argument that takes it, and is itself left as it is', () => {
  expect(planDelivery({ ...PARTS, args: ['-p', 'Task: {prompt}'] })).toEqual({
    args: ['-p', 'Task: do {home} it'],
    stdin: '',
  })
})

test('the prompt goes into a file in the home where an argument takes its path', () => {
  expect(planDelivery({ ...PARTS, args: ['{promptFile}', '--log={home}/log'] })).toEqual({
    args: ['/home/agent/.drover-prompt.md', '--log=/home/agent/log'],
    stdin: '',
    file: '/home/agent/.drover-prompt.md',
  })
})

test('a prompt that the kernel would refuse as an argument is refused with the way out', () => {
  const prompt = 'x'.repeat(200_000)
  expect(() => planDelivery({ ...PARTS, prompt, args: ['{prompt}'] })).toThrow('use {promptFile}')
})
