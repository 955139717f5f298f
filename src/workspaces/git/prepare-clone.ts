import type { Workspace } from '../workspace.ts'
import { mergeBase, recordCheckpoint, refs, resolveCommit, type Cache } from './cache.ts'
import type { Marker } from './folder.ts'
import type { Sandboxes } from './git-workspace.ts'
import { runInside, shortText } from './inside.ts'
import { GitFailed } from './run-git.ts'
import { CHECK_OUT, RESTORE, REVISIT } from './scripts.ts'

/** Where a clone shall stand. */
export interface Target {
  workspaceId: string
  branch: string
  baseBranch: string
  /** The tip of the base branch. */
  tip: string
}

/** Whether the clone that is there can be gone on with; brings it up to date if so. */
export async function revisit({ git }: Sandboxes, target: Target, signal: AbortSignal): Promise<boolean> {
  try {
    await runInside(git.launch, REVISIT, [target.branch, target.baseBranch, target.tip], shortText, { signal })
    return true
  } catch (error) {
    // An agent may have deleted or broken its .git. That a program could not start, or hung, says nothing of the clone.
    if (error instanceof GitFailed && error.exitCode !== null) return false
    throw error
  }
}

/** Whether the remote holds a checkpoint of this workspace that was never here: another machine has gone on with it. */
export async function hasNewsFromElsewhere(cache: Cache, { workspaceId }: Target): Promise<boolean> {
  const remote = await resolveCommit(cache, refs.remoteCheckpoint(workspaceId))
  if (remote === undefined) return false
  return (await cache.git(['for-each-ref', '--points-at', remote, refs.work(workspaceId, '')])) === ''
}

/** Fills an empty clone: from the last checkpoint of this workspace, or else from the branch or its base. */
export async function fillClone(
  { git }: Sandboxes,
  cache: Cache,
  target: Target,
  { locked, signal }: { locked: <T>(work: () => Promise<T>) => Promise<T>; signal: AbortSignal },
): Promise<{ origin: Workspace['origin']; base: Marker['base'] }> {
  const { workspaceId, branch, tip } = target
  const saved = await findCheckpoint(cache, target)
  if (saved) {
    await runInside(git.launch, RESTORE, [branch, saved.checkpoint, saved.head], shortText, { signal })
    await locked(() => recordCheckpoint(cache, workspaceId, saved))
    return { origin: 'restored', base: saved.base }
  }
  // A branch that exists is gone on with: anything else could not be pushed to it.
  const start = (await resolveCommit(cache, refs.origin(branch))) ?? tip
  await runInside(git.launch, CHECK_OUT, [branch, start], shortText, { signal })
  return { origin: 'fresh', base: (await mergeBase(cache, start, tip)) ?? start }
}

/** What another machine left on the remote, if it is news; else our own record of this workspace. */
async function findCheckpoint(cache: Cache, target: Target) {
  const own = refs.work(target.workspaceId, 'checkpoint')
  const candidates = [
    own,
    ...((await hasNewsFromElsewhere(cache, target)) ? [refs.remoteCheckpoint(target.workspaceId)] : []),
  ]
  for (const ref of candidates.toReversed()) {
    const checkpoint = await resolveCommit(cache, ref)
    const head = checkpoint && (await resolveCommit(cache, `${checkpoint}^`))
    const base = head && (await mergeBase(cache, head, target.tip))
    if (checkpoint && head && base) return { checkpoint, head, base }
  }
  return undefined
}
