import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import type { Connection } from './connection.ts'
import type { Git } from './run-git.ts'

/** A bare clone of one repository, which all its workspaces draw from. Only Drover writes it, under its lock. */
export interface Cache {
  folder: string
  /** Bound read-only into sandboxes at the same path, for that is what the workspaces' alternates name. */
  objects: string
  git: Git
}

const FETCH_TIMEOUT_MS = 30 * 60_000
/** A lock that old was left by a crash: every command that we run under our own mutex has ended, or holds it now. */
const STALE_LOCK_MS = 10_000

export const cacheFolder = (cacheRoot: string, codebaseId: string) => join(cacheRoot, `${codebaseId}.git`)

/** Names in the cache. Branches of the remote are kept apart (`--mirror` would prune our own), work by workspace. */
export const refs = {
  origin: (branch: string) => `refs/remotes/origin/${branch}`,
  /** The hidden ref on the remote, and in the agent's own clone. */
  checkpoint: (workspaceId: string) => `refs/drover/${workspaceId}/checkpoint`,
  /** What the remote holds as our checkpoint, perhaps pushed by another machine. */
  remoteCheckpoint: (workspaceId: string) => `refs/drover-remote/${workspaceId}/checkpoint`,
  /** `head`, `checkpoint`, `pushed`, and each turn's checkpoint by number. */
  work: (workspaceId: string, name: string) => `refs/drover/work/${workspaceId}/${name}`,
}

/**
 * Brings the cache up to date, and makes it first if need be: under another name until the first fetch is through, so
 * that a crash or a refusal leaves nothing that looks like a cache. Call it under the cache's lock.
 */
export async function refreshCache(
  connection: Connection,
  folder: string,
  workspaceId: string,
  signal: AbortSignal,
): Promise<Cache> {
  const cache = openCache(connection.git, folder)
  if (await stat(folder).catch(() => undefined)) {
    await removeStaleLocks(folder)
    await fetchInto(cache, connection, workspaceId, signal)
    return cache
  }
  await removeHalves(folder)
  // A name of its own: a git that outlived its Drover may still be writing into an older one.
  const half = `${folder}.new-${randomUUID().slice(0, 8)}`
  try {
    // The sandboxes' users must be able to read it, whatever our umask.
    await mkdir(half, { recursive: true })
    await connection.git(['init', '-q', '--bare', '--shared=0644', '--template=', half])
    // A person who runs git in here must not set off a clean-up: workspaces lean on objects that no ref here names.
    await connection.git(['-C', half, 'config', 'gc.auto', '0'])
    await fetchInto(openCache(connection.git, half), connection, workspaceId, signal)
    await rename(half, folder)
  } catch (error) {
    await rm(half, { recursive: true, force: true })
    throw error
  }
  return cache
}

async function removeHalves(folder: string) {
  const names = await readdir(dirname(folder)).catch(() => [])
  for (const name of names.filter((name) => name.startsWith(`${basename(folder)}.new-`)))
    await rm(join(dirname(folder), name), { recursive: true, force: true, maxRetries: 5 })
}

export function openCache(git: Git, folder: string): Cache {
  return { folder, objects: join(folder, 'objects'), git: (args, call) => git(['-C', folder, ...args], call) }
}

async function fetchInto(cache: Cache, { address }: Connection, workspaceId: string, signal: AbortSignal) {
  const specs = [
    `+refs/heads/*:${refs.origin('*')}`,
    // A pattern, because a ref that is not there would be an error.
    `+refs/drover/${workspaceId}/*:refs/drover-remote/${workspaceId}/*`,
  ]
  await cache.git(['fetch', '-q', '--prune', '--no-tags', '--no-write-fetch-head', '--', address.url, ...specs], {
    signal,
    timeoutMs: FETCH_TIMEOUT_MS,
  })
}

/** The commit that a ref names, or undefined. */
export async function resolveCommit(cache: Cache, ref: string): Promise<string | undefined> {
  const text = await cache.git(['rev-parse', '-q', '--verify', `${ref}^{commit}`]).catch(() => '')
  return text.trim() || undefined
}

/** Where two lines of work parted, or undefined when they never met. */
export async function mergeBase(cache: Cache, one: string, other: string): Promise<string | undefined> {
  const text = await cache.git(['merge-base', one, other]).catch(() => '')
  return text.trim() || undefined
}

/** Files a workspace's latest checkpoint, and keeps it under the next number. Call it under the cache's lock. */
export async function recordCheckpoint(
  cache: Cache,
  workspaceId: string,
  { checkpoint, head }: { checkpoint: string; head: string },
): Promise<void> {
  const latest = refs.work(workspaceId, 'checkpoint')
  if ((await resolveCommit(cache, latest)) === checkpoint) return
  const names = await cache.git(['for-each-ref', '--format=%(refname:lstrip=4)', refs.work(workspaceId, '')])
  const numbers = names.split('\n').filter((name) => /^\d+$/.test(name))
  const next = Math.max(0, ...numbers.map(Number)) + 1
  const updates = [
    `update ${refs.work(workspaceId, 'head')} ${head}`,
    `update ${latest} ${checkpoint}`,
    `create ${refs.work(workspaceId, String(next))} ${checkpoint}`,
  ]
  await cache.git(['update-ref', '--stdin'], { input: `${updates.join('\n')}\n` })
}

async function removeStaleLocks(folder: string) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const entry of entries.filter(({ name }) => name.endsWith('.lock') || name.startsWith('tmp_pack_'))) {
    const path = join(entry.parentPath, entry.name)
    const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now())
    if (age > (entry.name.endsWith('.lock') ? STALE_LOCK_MS : FETCH_TIMEOUT_MS)) await rm(path, { force: true })
  }
}
