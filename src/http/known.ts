import type { Codebase } from '../codebases/codebase.ts'
import { findCodebase } from '../codebases/store.ts'
import type { Db } from '../db/scope.ts'
import { UserError } from '../lib/errors.ts'
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
