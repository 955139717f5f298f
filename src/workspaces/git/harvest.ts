import { mkdir, rm } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { UserError } from '../../lib/errors.ts'
import type { Launch } from '../../lib/process.ts'
import type { Commit, Harvest } from '../workspace.ts'
import { importBundle, saveCapped } from './bundle.ts'
import { mergeBase, recordCheckpoint, refs, resolveCommit, type Cache } from './cache.ts'
import { runInside } from './inside.ts'
import type { Marker } from './folder.ts'
import { BUNDLE } from './scripts.ts'

export interface HarvestLimits {
  maxBundleBytes: number
  maxDiffBytes: number
}

/** Makes the checkpoint inside the fence and streams it out to a file of ours. */
export async function takeBundle(
  launch: Launch,
  marker: Marker,
  folder: string,
  limits: HarvestLimits,
): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, `${marker.workspaceId}.${randomUUID()}`)
  const args = [marker.branch, refs.checkpoint(marker.workspaceId), marker.base]
  try {
    await runInside(launch, BUNDLE, args, (stdout) => saveCapped(stdout, file, limits.maxBundleBytes))
  } catch (error) {
    await rm(file, { force: true })
    throw error
  }
  return file
}

/** Files the bundle's checkpoint in the cache. Call it under the cache's lock. */
export async function fileCheckpoint(cache: Cache, marker: Marker, bundle: string): Promise<string> {
  const { workspaceId, base } = marker
  const checkpoint = await importBundle(cache, bundle, refs.checkpoint(workspaceId))
  const head = await resolveCommit(cache, `${checkpoint}^`)
  if (head === undefined || (await mergeBase(cache, base, head)) !== base)
    throw new UserError(
      'history-rewritten',
      `${marker.branch} no longer contains ${base.slice(0, 12)}, where the work began, so it was not taken over. Ask the agent to rebase it onto origin/${marker.baseBranch}.`,
    )
  await recordCheckpoint(cache, workspaceId, { checkpoint, head })
  return checkpoint
}

/** What a checkpoint comes to, read from the cache. */
export async function describeWork(
  cache: Cache,
  marker: Marker,
  checkpoint: string,
  maxDiffBytes: number,
): Promise<Harvest> {
  const head = (await resolveCommit(cache, `${checkpoint}^`)) ?? marker.base
  // The agent may have merged what is new upstream: that is not its work.
  const base = (await mergeBase(cache, head, refs.origin(marker.baseBranch))) ?? marker.base
  const range = ['--no-ext-diff', '--no-textconv', base, checkpoint, '--']
  return {
    branch: marker.branch,
    base,
    head,
    commits: await listCommits(cache, base, head),
    diffStat: (await cache.git(['diff', '--stat', ...range], { maxBytes: maxDiffBytes })).trimEnd(),
    diff: await cache.git(['diff', ...range], { maxBytes: maxDiffBytes }),
    checkpoint: { ref: refs.checkpoint(marker.workspaceId), sha: checkpoint },
  }
}

async function listCommits(cache: Cache, base: string, head: string): Promise<Commit[]> {
  const text = await cache.git(['log', '--reverse', '--format=%H %s', `${base}..${head}`, '--'])
  return text.split('\n').filter(Boolean).map(parseCommit)
}

/** "<sha> <subject>" */
export function parseCommit(line: string): Commit {
  return { sha: line.slice(0, 40), subject: line.slice(41) }
}
