import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Channel, Inbound } from '../src/channels/channel.ts'
import { addCodebase } from '../src/codebases/store.ts'
import { setCommands } from '../src/codebases/command-store.ts'
import { asOrg, asSystem } from '../src/db/scope.ts'
import { findSaid, storeSaid } from '../src/inbox/store.ts'
import type { Said } from '../src/inbox/inbox.ts'
import { fetchNext } from '../src/inbound/fetch-attachments.ts'
import { handleNext, startInbound } from '../src/inbound/handle-inbound.ts'
import type { FetchingParts, InboundParts } from '../src/inbound/parts.ts'
import { createLog } from '../src/lib/log.ts'
import { DEFAULT_ORG } from '../src/orgs/org.ts'
import { startOutbound } from '../src/outbound/deliver.ts'
import { registerChannel } from '../src/places/channel-store.ts'
import { listTasks, settleTask } from '../src/tasks/store.ts'
import { runOf, type Task } from '../src/tasks/task.ts'
import { createNotebook } from './fakes/notebook-channel.ts'
import { claim } from './queue-fixtures.ts'
import { openTestDb } from './test-db.ts'

export const ANN = 'U1'

/** The stages inbound and outbound on a database of their own, with a notebook for a platform, and others beside it; what a worker would do, the test does. */
export async function openTalk(options: Parameters<typeof createNotebook>[0] = {}, others: Channel[] = []) {
  const database = await openTestDb()
  const log = createLog({ level: 'silent', pretty: false, secrets: {} })
  const notebook = createNotebook(options)
  const { channel } = notebook
  const channels = new Map([channel, ...others].map((each) => [each.name, each]))
  for (const name of channels.keys())
    await asSystem(database, (db) => registerChannel(db, { name, orgId: DEFAULT_ORG, kind: 'notebook' }))
  const allowed = new Set([ANN])
  const parts: InboundParts = {
    database,
    log,
    channels,
    agents: { defaultName: 'scripted', names: ['scripted', 'claude'] },
    workspaceRoot: '/workspace',
    busyMode: () => 'queue',
    allowed: () => allowed,
  }
  const fetching: FetchingParts = { database, log, channels, transcriber: undefined }
  const neverStops = new AbortController().signal
  const outbound = startOutbound({ database, log, channels })

  const event = (text: string, more: Partial<Inbound & { type: 'message' }> = {}): Inbound & { type: 'message' } => ({
    type: 'message',
    key: randomUUID(),
    place: { channel: channel.name, tenant: '', room: 'r1', thread: '' },
    actor: { id: ANN, name: 'Ann', isBot: false },
    at: new Date().toISOString(),
    text,
    messageId: randomUUID(),
    isAddressed: true,
    isPrivate: true,
    ...more,
  })

  async function hear(inbound: Inbound): Promise<Said> {
    await asSystem(database, (db) => storeSaid(db, DEFAULT_ORG, inbound))
    while ((await handleNext(parts)) || (await fetchNext(fetching, neverStops)));
    const [said] = await asSystem(database, (db) => findSaid(db, inbound.key))
    if (!said) throw new Error('it is not in the inbox')
    return said
  }

  return {
    database,
    parts,
    fetching,
    ...notebook,
    event,
    allowed,
    /** Says it, and waits until it has been handled. */
    say: (text: string, more?: Partial<Inbound & { type: 'message' }>) => hear(event(text, more)),
    /** Presses the button of this label. */
    press(
      note: { id: string; place: string; buttons: string[] },
      label: string,
      actor = { id: ANN, name: 'Ann', isBot: false },
    ) {
      const button = note.buttons.find((each) => each.endsWith(`|${label}`))
      if (button === undefined) throw new Error(`there is no button ${label} among ${note.buttons.join(', ')}`)
      const [questionId = '', choiceId = ''] = button.split('|')
      const { place: usual, key, at } = event('')
      const place = { ...usual, room: note.place }
      return hear({ type: 'choice', key, place, actor, at, questionId, choiceId, messageId: note.id })
    },
    addCodebase: (name: string, commands: string[] = []) =>
      asOrg(database, DEFAULT_ORG, async (db) => {
        const codebase = await addCodebase(db, {
          orgId: DEFAULT_ORG,
          name,
          url: `https://git.example.com/${name}.git`,
          defaultBranch: 'main',
        })
        await setCommands(
          db,
          { orgId: DEFAULT_ORG, id: codebase.id },
          commands.map((command) => ({
            name: command,
            path: `.claude/commands/${command}.md`,
            description: `Do ${command}`,
          })),
        )
        return codebase
      }),
    /** Newest first. */
    tasks: (): Promise<Task[]> => asSystem(database, (db) => listTasks(db, DEFAULT_ORG, { limit: 50 })),
    async claimTask(): Promise<Task> {
      const [task] = await claim(database)
      if (!task) throw new Error('there is nothing to claim')
      return task
    },
    finish: (task: Task, text: string) =>
      asSystem(database, (db) => settleTask(db, runOf(task), 'completed', { result: { text, durationMs: 1 } })),
    /** For stories in which nobody waits for each step. */
    startInbound: () => startInbound(parts),
    stopOutbound: () => outbound.stop(),
    /** What comes out has had time to come out. */
    settle: () => sleep(600),
    async [Symbol.asyncDispose]() {
      await outbound.stop()
      await database[Symbol.asyncDispose]()
    },
  }
}
