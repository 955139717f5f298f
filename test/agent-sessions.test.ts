/** What a conversation's agents remember, and what they are told when they do not. */
import { readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startTestService } from './test-service.ts'

test('another agent in the middle of a conversation goes on with the same files, and people are told', async () => {
  const file = join(tmpdir(), `drover-agents-${process.pid}.json`)
  await writeFile(file, JSON.stringify({ second: { driver: 'scripted', autonomy: 'full' } }))
  await using drover = await startTestService({ DROVER_AGENTS_FILE: file })
  await rm(file)
  const first = await drover.start({ prompt: 'write a.txt :: one', codebase: 'app', agent: 'scripted' })
  await drover.until(first.id, 'completed')
  const { conversationId } = first
  const { id } = await drover.start({ prompt: 'run cat a.txt\nrecall', conversationId, agent: 'second' })
  const { result } = await drover.until(id, 'completed')
  expect(result?.text).toContain('message 1')
  const events = await drover.events(id)
  expect(events).toContainEqual({
    type: 'step',
    text: 'second goes on where scripted was, with the same files and a summary of what was said.',
  })
  expect(events).toContainEqual(expect.objectContaining({ type: 'tool', state: 'done', output: 'one\n' }))
})

test('an agent’s sessions lie in the state folder, and outlive its workspace', async () => {
  await using drover = await startTestService()
  const first = await drover.start({ prompt: 'say one', codebase: 'app' })
  await drover.until(first.id, 'completed')
  const home = join(drover.folder, 'home')
  expect(await readdir(join(home, 'state', 'org_default', 'scripted'))).toEqual([first.conversationId])
  await rm(join(home, 'workspaces'), { recursive: true })
  const second = await drover.start({ prompt: 'recall', conversationId: first.conversationId })
  const { result } = await drover.until(second.id, 'completed')
  expect(result?.text).toContain('message 2')
})
