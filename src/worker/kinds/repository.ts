import { listCommands, setCommands } from '../../codebases/command-store.ts'
import type { Codebase } from '../../codebases/codebase.ts'
import { getCodebase } from '../../codebases/store.ts'
import { findConversation } from '../../conversations/store.ts'
import { branchFor } from '../../conversations/conversation.ts'
import { noteWorkspace } from '../../conversations/workspace-store.ts'
import { asSystem, type Db } from '../../db/scope.ts'
import { UserError } from '../../lib/errors.ts'
import { saysLoaded, type OfferAction } from '../../questions/offer.ts'
import { offer } from '../../questions/store.ts'
import type { Chore } from '../../tasks/chore.ts'
import { LeaseLost, runOf, type Task } from '../../tasks/task.ts'
import type { Remote, Workspace } from '../../workspaces/workspace.ts'
import { describeCommand, findCommandFiles, findCommandFolder } from '../command-files.ts'
import type { RunEnd, TaskKind } from '../task-kind.ts'
import { createEventWriter } from '../write-events.ts'
import type { AgentTaskParts } from './agent.ts'

export type RepositoryTaskParts = Pick<AgentTaskParts, 'database' | 'workspaces' | 'host'> & {
  remoteFor(codebase: Pick<Codebase, 'id' | 'url'>): Remote
}

/** What a person sees, and what has to be written with it. */
interface Done {
  text: string
  write?: (db: Db) => Promise<void>
}

/** What commands do in a repository: clone it, look for prompt commands in it, add one. No agent, no model. */
export function repositoryTask(parts: RepositoryTaskParts): TaskKind {
  return async ({ task, signal: stop }) => {
    const broken = new AbortController()
    const signal = AbortSignal.any([stop, broken.signal])
    const { chore } = task.input as unknown as { chore: Chore }
    const startedAt = Date.now()
    const events = createEventWriter(parts.database, runOf(task), (error) =>
      broken.abort(error instanceof LeaseLost ? 'lease-lost' : error),
    )
    const conversation =
      task.conversationId === null
        ? undefined
        : await asSystem(parts.database, (db) => findConversation(db, task.conversationId as string))
    if (!conversation) throw new UserError('no-conversation', 'This task has no conversation.')
    const codebase =
      chore.type === 'clone'
        ? chore.codebase
        : await asSystem(parts.database, (db) => getCodebase(db, task.codebaseId as string))
    const workspace = await parts.workspaces.open(
      {
        // A codebase that is not known yet has no conversation: it gets a folder of its own.
        workspaceId: chore.type === 'clone' ? codebase.id : conversation.id,
        runId: `${task.id}.${task.attempt}`,
        remote: parts.remoteFor(codebase),
        branch: conversation.branch ?? branchFor(codebase.name, codebase.id),
        readOnly: [],
        network: [],
      },
      (text) => events.write({ type: 'step', text }),
      signal,
    )
    try {
      const done = await doChore(parts, { task, chore, workspace, signal })
      await events.flush()
      return ended(done, Date.now() - startedAt)
    } finally {
      await workspace.close()
      if (chore.type === 'clone') await parts.workspaces.remove(codebase.id)
    }
  }
}

const ended = ({ text, write }: Done, durationMs: number): RunEnd => ({
  type: 'settle',
  status: 'completed',
  result: { text, durationMs },
  ...(write && { write }),
})

interface Errand {
  task: Task
  chore: Chore
  workspace: Workspace
  signal: AbortSignal
}

function doChore(parts: RepositoryTaskParts, errand: Errand): Promise<Done> {
  const { chore } = errand
  switch (chore.type) {
    case 'clone':
      return clone(parts, errand, chore)
    case 'load-commands':
      return loadCommands(parts, errand, chore.folder)
    case 'command-set':
      return setCommand(parts, errand, chore)
  }
}

async function clone(
  { workspaces, remoteFor }: RepositoryTaskParts,
  { task, workspace, signal }: Errand,
  { codebase }: Chore & { type: 'clone' },
): Promise<Done> {
  const { defaultBranch } = await workspaces.inspect(remoteFor(codebase), signal)
  const commands = await findCommandFolder(workspace)
  const action: OfferAction = {
    type: 'create-codebase',
    codebase: { ...codebase, defaultBranch },
    ...(commands && { commands }),
  }
  return {
    text: '',
    write: (db) =>
      offer(db, {
        orgId: task.orgId,
        conversationId: task.conversationId as string,
        title: 'Cloning... Done! Create codebase record? (y/n)',
        action: { ...action },
      }),
  }
}

async function loadCommands(
  { database }: RepositoryTaskParts,
  { task, workspace }: Errand,
  folder: string,
): Promise<Done> {
  const found = await findCommandFiles(workspace, folder)
  if (!found)
    throw new UserError(
      'no-folder',
      `There is no folder ${folder} in this repository. Look at the spelling; it is seen from the repository's root.`,
    )
  if (found.length === 0) throw new UserError('no-commands', `${folder} has no .md files: each one is a command.`)
  const codebaseId = task.codebaseId as string
  const known = new Map(
    (await asSystem(database, (db) => listCommands(db, codebaseId))).map((command) => [command.name, command]),
  )
  const fresh = found.filter(({ name }) => !known.has(name))
  const others = found.filter(({ name, path }) => known.has(name) && known.get(name)?.path !== path)
  return {
    text: saysLoaded(fresh),
    async write(db) {
      await setCommands(db, { orgId: task.orgId, id: codebaseId }, fresh)
      if (others.length === 0) return
      const title = `${others.map(({ name }) => name).join(', ')}: registered already, with other files. Replace? (y/n)`
      const action: OfferAction = { type: 'load-commands', codebaseId, folder, found: others }
      await offer(db, {
        orgId: task.orgId,
        conversationId: task.conversationId as string,
        title,
        action: { ...action },
      })
    },
  }
}

async function setCommand(
  { host }: RepositoryTaskParts,
  { task, workspace }: Errand,
  { name, path, text }: Chore & { type: 'command-set' },
): Promise<Done> {
  if (text !== undefined) await workspace.writeFile(path, text.endsWith('\n') ? text : `${text}\n`)
  const content = await workspace.readFile(path)
  if (content === undefined)
    throw new UserError(
      'no-file',
      `There is no file ${path} in this repository. With a text behind it, in quotes, the command is made: \`/command-set ${name} ${path} "text"\`.`,
    )
  const harvest = text === undefined ? undefined : await commitAndPush(workspace, `Add the command ${name}`)
  const codebaseId = task.codebaseId as string
  return {
    text: `Command '${name}' registered`,
    async write(db) {
      await setCommands(db, { orgId: task.orgId, id: codebaseId }, [
        { name, path, description: describeCommand(content) },
      ])
      if (!harvest) return
      await noteWorkspace(db, {
        orgId: task.orgId,
        conversationId: task.conversationId as string,
        codebaseId,
        host,
        directory: workspace.directory,
        checkpointSha: harvest.checkpoint.sha,
        pushed: true,
      })
    },
  }
}

async function commitAndPush(workspace: Workspace, message: string) {
  await workspace.commit(message)
  const harvest = await workspace.harvest()
  await workspace.push(harvest)
  return harvest
}
