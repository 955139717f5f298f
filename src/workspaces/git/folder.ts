import { chmod, lstat, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../../lib/errors.ts'
import type { Fence } from '../workspace.ts'
import type { Cache } from './cache.ts'
import type { Git } from './run-git.ts'
import { freeSlot } from './slots.ts'

/** A workspace on disk: the agent's clone, its home, and beside them, out of its reach, what Drover knows of it. */
export interface Folder {
  path: string
  repo: string
  home: string
  markerFile: string
  /** Mark of the run that works here, or did last. */
  runFile: string
}

/** Written last: a folder without it was left half-made by a crash. */
export interface Marker {
  workspaceId: string
  codebaseId: string
  slot: number
  branch: string
  baseBranch: string
  /** The commit where the work began; the branch must always contain it. */
  base: string
}

export function folderOf(root: string, workspaceId: string): Folder {
  const path = join(root, workspaceId)
  return {
    path,
    repo: join(path, 'repo'),
    home: join(path, 'home'),
    markerFile: join(path, 'workspace.json'),
    runFile: join(path, 'run'),
  }
}

export async function readMarker({ markerFile }: Folder): Promise<Marker | undefined> {
  try {
    return JSON.parse(await readFile(markerFile, 'utf8')) as Marker
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined
    throw error
  }
}

export async function writeMarker({ markerFile }: Folder, marker: Marker): Promise<void> {
  await writeFile(`${markerFile}.new`, `${JSON.stringify(marker, undefined, 2)}\n`)
  await rename(`${markerFile}.new`, markerFile)
}

/**
 * A clone without files, whose objects are the cache's. Safe to do outside the fence: no agent has been here yet. The home
 * is kept if there is one, for an agent's memory of the conversation lies there.
 */
export async function cloneInto(folder: Folder, git: Git, cache: Cache, url: string): Promise<void> {
  await rm(folder.markerFile, { force: true })
  await removeTree(folder.repo)
  await mkdir(folder.home, { recursive: true, mode: 0o700 })
  // The agent commits too, and has no identity of its own.
  const identity = ['-c', 'user.name=Drover', '-c', 'user.email=drover@localhost']
  const lean = ['--shared', '--no-checkout', '--no-tags', '--template=']
  await git(['clone', '-q', ...lean, ...identity, '--', cache.folder, folder.repo])
  const within: Git = (args, call) => git(['-C', folder.repo, ...args], call)
  await within(['fetch', '-q', '--no-tags', '--', cache.folder, '+refs/remotes/origin/*:refs/remotes/origin/*'])
  await within(['config', 'remote.origin.url', url])
}

/** Moves a broken clone out of the way, where a person can still find files in it. Only the latest is kept. */
export async function setAside({ repo, markerFile }: Folder): Promise<string> {
  const aside = `${repo}.broken`
  await removeTree(aside)
  await rm(markerFile, { force: true })
  await rename(repo, aside)
  return aside
}

/** Ends what an earlier run left alive, for no two may work in one folder. False when there was none. */
export async function endPreviousRun(fence: Fence, { runFile }: Folder): Promise<boolean> {
  const previous = await readFile(runFile, 'utf8').catch(() => '')
  if (previous !== '') await fence.sweep(previous)
  return previous !== ''
}

/** Makes the folder, and notes who works in it. */
export async function startRun({ path, runFile }: Folder, mark: string): Promise<void> {
  await mkdir(path, { recursive: true })
  // The sandboxes' users pass through, but do not look around.
  await chmod(path, 0o711)
  await writeFile(`${runFile}.new`, mark)
  await rename(`${runFile}.new`, runFile)
}

/** The folder and its slot are free again. */
export async function discard(slots: string, { path }: Folder, workspaceId: string): Promise<void> {
  await removeTree(path)
  await freeSlot(slots, workspaceId)
}

/** Removes a tree in which an agent may have closed folders to itself, as Go's module cache does. */
async function removeTree(path: string): Promise<void> {
  // Root passes through closed folders.
  if (process.getuid?.() !== 0) await openFolders(path)
  await rm(path, { recursive: true, force: true })
}

async function openFolders(path: string): Promise<void> {
  if (!(await isFolder(path))) return
  await chmod(path, 0o700)
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await openFolders(join(path, entry.name))
  }
}

/** A folder itself, not a link to one: an agent's link must not lead our hand elsewhere. */
async function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
