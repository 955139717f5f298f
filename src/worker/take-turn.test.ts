import { expect, test } from 'vitest'
import { PICTURE } from '../../test/conformance-kit.ts'
import { openTalk } from '../../test/talk-kit.ts'
import type { Driver, Ending, TurnPicture } from '../agents/driver.ts'
import { BUILT_IN_PROFILES } from '../agents/profiles.ts'
import { unknownSpend } from '../agents/turn.ts'
import { saveSession } from '../conversations/store.ts'
import { asSystem } from '../db/scope.ts'
import { saveArtifact } from '../events/artifact-store.ts'
import type { LoggedEvent } from '../events/event.ts'
import type { Workspace } from '../workspaces/workspace.ts'
import { createSentFiles } from './sent-files.ts'
import { takeTurn } from './take-turn.ts'

/** Its old session ends in this way, a new one well. */
function createForgetful(ending: Ending) {
  const heard: { resume: string | undefined; prompt: string; pictures: number }[] = []
  const driver: Pick<Driver, 'capabilities' | 'shortcomings' | 'open'> = {
    capabilities: {
      resume: true,
      permissions: true,
      questions: true,
      spend: false,
      plan: false,
      pieces: false,
      mcp: false,
      images: true,
    },
    shortcomings: () => [],
    open: async ({ resume }) => ({
      turn(prompt: string, _limits: object, pictures: readonly TurnPicture[] = []) {
        heard.push({ resume, prompt, pictures: pictures.length })
        const end: Ending = resume === undefined ? { status: 'done' } : ending
        const outcome = { ...end, text: '', resume: 'new', spend: unknownSpend(), durationMs: 1 }
        return { outcome: Promise.resolve(outcome), cancel() {}, async *[Symbol.asyncIterator]() {} }
      },
      async close() {},
    }),
  }
  return { driver: driver as Driver, heard }
}

test.each([
  ['session_lost', 1],
  ['session_broken', 0],
] as const)('after %s a new session is told of all files again, and shown %i pictures', async (why, pictures) => {
  await using talk = await openTalk()
  await talk.addCodebase('app')
  await talk.say('Look')
  const task = await talk.claimTask()
  const { orgId, id: taskId, agent } = task
  const conversationId = task.conversationId as string
  await asSystem(talk.database, async (db) => {
    await saveSession(db, { orgId, conversationId, agent, resume: 'old' })
    const picture = { kind: 'attachment', name: 'a.png', content: PICTURE }
    await saveArtifact(db, { orgId, taskId }, picture)
  })
  const workspace = {
    paths: { workspace: '/workspace', home: '/home/agent', state: '/state' },
    placeFile: async (folder: string, name: string) => `/home/agent/${folder}/${name}`,
  } as unknown as Workspace
  const { driver, heard } = createForgetful({ status: 'failed', why, detail: 'Bad.' })
  const events: LoggedEvent[] = []
  const outcome = await takeTurn(talk.database, {
    task,
    conversationId,
    profile: BUILT_IN_PROFILES[0]!,
    driver,
    env: {},
    mcpServers: [],
    workspace,
    cwd: '',
    prompt: { key: 'prompt', text: 'Look' },
    files: createSentFiles(talk.database, { task, workspace }),
    earlier: [],
    events: { write: (event) => void events.push(event), flush: async () => undefined },
    signal: new AbortController().signal,
  })
  const prompt = `Look\n\nSent with this, outside of the repository: /home/agent/${taskId}/a.png (image/png)`
  expect(heard).toEqual([
    { resume: 'old', prompt, pictures: 1 },
    { resume: undefined, prompt, pictures },
  ])
  expect(outcome.status).toBe('done')
  expect(events).toContainEqual(expect.objectContaining({ type: 'notice', code: 'fallback' }))
})
