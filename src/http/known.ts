import type { Codebase } from '../codebases/codebase.ts'
import { findCodebase } from '../codebases/store.ts'
import type { Db } from '../db/scope.ts'
import { UserError } from '../lib/errors.ts'
import { listChannels } from '../places/channel-store.ts'
import { findTask } from '../tasks/store.ts'
import type { Task } from '../tasks/task.ts'
import type { AgentDirectory } from './parts.ts'

/** The agent of this name, or the default one; `UserError('agent-unknown')` names those there are. */
export function knownAgent({ names, defaultName }: AgentDirectory, name = defaultName): string {
  if (names.includes(name)) return name
  throw new UserError('agent-unknown', `There is no agent "${name}". There are: ${names.join(', ')}.`)
}

/** The codebase of this id, name or URL; `UserError('no-codebase')` says how to add it. */
export async function knownCodebase(db: Db, which: string): Promise<Codebase> {
  const codebase = await findCodebase(db, which)
  if (codebase) return codebase
  throw new UserError(
    'no-codebase',
    `No codebase is called "${which}". Add it with \`drover codebase add <path or URL>\` or POST /v1/codebases; GET /v1/codebases lists those there are.`,
  )
}

/** `UserError('channel-unknown')` names those there are. */
export async function assertChannel(db: Db, name: string): Promise<void> {
  const channels = await listChannels(db)
  if (channels.some((channel) => channel.name === name)) return
  const names = channels.map((channel) => channel.name).join(', ')
  throw new UserError(
    'channel-unknown',
    names === '' ? 'No channel is set up yet: drover setup.' : `There is no channel "${name}". There are: ${names}.`,
  )
}

/** `UserError('task-unknown')` where there is none, or it is another org's. */
export async function knownTask(db: Db, id: string): Promise<Task> {
  const task = await findTask(db, id)
  if (task) return task
  throw new UserError('task-unknown', `There is no task ${id}. GET /v1/tasks lists them.`)
}
