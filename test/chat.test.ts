/** `drover chat` against the whole service: the scripted agent in its fence, a repository, both stages. */
import { expect, test } from 'vitest'
import { runWith } from './cli-kit.ts'
import { createTerminal } from './fakes/terminal.ts'
import { git, startTestService } from './test-service.ts'

async function startChat() {
  const service = await startTestService()
  const parts = { folder: service.repository, env: { DROVER_URL: service.url, DROVER_API_KEY: service.apiKey } }
  return {
    ...service,
    chat: (input: string, ...args: string[]) => runWith(['chat', ...args], parts, input),
    openTerminal() {
      const terminal = createTerminal({ columns: 100 })
      const ended = runWith(['chat'], { ...parts, io: { ...terminal, stderr: terminal.stdout } })
      return { ...terminal, ended }
    },
  }
}

test('what is said in a pipe becomes commits on a branch, and the same conversation answers its commands', async () => {
  await using service = await startChat()
  const { code, out, err } = await service.chat('write notes.md :: hello\n/status\nappend notes.md :: more\n')
  expect([code, err]).toEqual([0, expect.stringMatching(/branch drover\/write-notes-md-hello-\w+/)])
  expect(out).toMatch(/^Wrote notes\.md\.\nCodebase: app [^]*\nBranch: drover\/write-notes-md-hello/)
  const [branch = ''] = /drover\/write-notes-md-hello-\w+/.exec(err) ?? []
  expect(await git(service.repository, 'show', `${branch}:notes.md`)).toBe('hello\nmore')
})

test('a conversation that waits for an answer goes on in another terminal', async () => {
  await using service = await startChat()
  const first = await service.chat('ask Which colour? Red / Blue\n')
  const [, id = ''] = /It waits for your answer with: drover chat --conversation (\w+)/.exec(first.err) ?? []
  expect([first.code, first.err]).toEqual([1, expect.stringMatching(/Which colour\?[^]*1\) Red\n {2}2\) Blue\n/)])
  const second = await service.chat('2\n', '--conversation', id)
  expect([second.code, second.out]).toEqual([0, expect.stringContaining('Blue')])
})

test('in a terminal Ctrl-C stops the agent, and the conversation goes on', async () => {
  await using service = await startChat()
  const { type, text, ended } = service.openTerminal()
  type('sleep 600000\r')
  await expect.poll(text).toMatch(/scripted · working[^]*\nyou>$/)
  type('\u0003')
  await expect.poll(text).toMatch(/cancelled[^]*\nyou>$/)
  type('say still here\r')
  await expect.poll(text).toMatch(/\nstill here\n[^]*done[^]*\nyou>$/)
  type('\u0004')
  expect((await ended).code).toBe(0)
})
