import type { Fence } from '../workspace.ts'
import { cacheFolder, openCache, refs, resolveCommit } from './cache.ts'
import type { Folder, Marker } from './folder.ts'
import { runInside, shortText } from './inside.ts'
import type { Git } from './run-git.ts'
import { STATE } from './scripts.ts'

/** Whether a folder may go: nothing was done in it, or the cache's checkpoint holds all of it. A broken clone may not. */
export async function isCovered(
  { fence, git, cacheRoot }: { fence: Fence; git: Git; cacheRoot: string },
  { repo, home }: Folder,
  { workspaceId, codebaseId, slot, branch, base }: Marker,
): Promise<boolean> {
  const cache = openCache(git, cacheFolder(cacheRoot, codebaseId))
  const spec = { runId: `remove.${workspaceId}`, workspace: repo, home, readOnly: [cache.objects], network: [], slot }
  const sandbox = await fence.openSandbox(spec)
  try {
    const state = await runInside(sandbox.launch, STATE, [branch, refs.checkpoint(workspaceId)], shortText).catch(
      () => '',
    )
    const [head, checkpoint, is] = state.split(' ')
    if (head === base && is === 'clean') return true
    return checkpoint !== undefined && checkpoint === (await resolveCommit(cache, refs.work(workspaceId, 'checkpoint')))
  } finally {
    await sandbox.close()
  }
}
