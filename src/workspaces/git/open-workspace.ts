import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../../lib/errors.ts'
import type { Workspace, WorkspaceRequest } from '../workspace.ts'
import { cacheFolder, refreshCache, refs, resolveCommit, type Cache } from './cache.ts'
import { connect, type Connection } from './connection.ts'
import {
  cloneInto,
  discard,
  endPreviousRun,
  folderOf,
  readMarker,
  setAside,
  startRun,
  writeMarker,
  type Folder,
} from './folder.ts'
import { closeAll, createWorkspace, type Sandboxes } from './git-workspace.ts'
import type { Setup } from './git-workspaces.ts'
import { isCovered } from './is-covered.ts'
import { fillClone, hasNewsFromElsewhere, revisit, type Target } from './prepare-clone.ts'
import type { Git } from './run-git.ts'
import { takeSlot } from './slots.ts'

/** Fetches, then goes on in the folder that is there, or makes one: from the last checkpoint, or from the base branch. */
export async function openWorkspace(
  setup: Setup,
  request: WorkspaceRequest,
  onStep: (text: string) => void,
  signal: AbortSignal,
): Promise<Workspace> {
  const { workspaceId, remote, branch } = request
  await checkNames(setup, request)
  // All that this run starts carries its mark, so that the next run can end what a crash left behind.
  const mark = `${request.runId}.${workspaceId}`
  const git: Git = (args, call) => setup.git(args, { ...call, env: { ...call?.env, DROVER_RUN_ID: mark } })
  const connection = await connect({ ...setup, git }, remote)
  const locked = <T>(work: () => Promise<T>) => setup.withLock(`git-cache:${remote.codebaseId}`, work)

  const folder = folderOf(setup.root, workspaceId)
  const isNew = !(await endPreviousRun(setup.fence, folder))
  onStep(`Fetching ${connection.address.url}`)
  const { cache, target } = await locked(() => fetchFor(setup, request, connection, signal))

  await startRun(folder, mark)
  const slot = await takeSlot(setup.slots, workspaceId)
  const openBoxes = () => openSandboxes(setup, { ...request, runId: mark }, { folder, cache, slot })
  const finish = async (sandboxes: Sandboxes, origin: Workspace['origin'], base: string) => {
    const marker = { workspaceId, codebaseId: remote.codebaseId, slot, branch, baseBranch: target.baseBranch, base }
    await writeMarker(folder, marker)
    onStep(STEPS[origin])
    const incoming = join(setup.cacheRoot, 'incoming')
    return createWorkspace({ folder, marker, origin, sandboxes, cache, connection, incoming, limits: setup, locked })
  }

  const known = await readMarker(folder)
  let sandboxes: Sandboxes | undefined
  try {
    const isBehind = known && (await hasNewsFromElsewhere(cache, target)) && (await isCovered(setup, folder, known))
    if (known && !isBehind) {
      sandboxes = await openBoxes()
      if (await revisit(sandboxes, target, signal)) return await finish(sandboxes, 'reused', known.base)
      await closeAll(sandboxes)
      onStep(`The clone of this workspace is broken: it is kept as ${await setAside(folder)}, and made anew`)
    }
    await cloneInto(folder, git, cache, connection.address.url)
    sandboxes = await openBoxes()
    const { origin, base } = await fillClone(sandboxes, cache, target, { locked, signal })
    return await finish(sandboxes, origin, base)
  } catch (error) {
    if (sandboxes) await closeAll(sandboxes)
    if (isNew) await discard(setup.slots, folder, workspaceId)
    throw error
  }
}

const STEPS: Record<Workspace['origin'], string> = {
  fresh: 'Cloned',
  reused: 'Going on in the same folder',
  restored: 'All files are back from the last checkpoint',
}

/** The cache, up to date, and where to start. Asks the remote first, so that a refusal leaves nothing behind. */
async function fetchFor(
  { cacheRoot }: Setup,
  { remote, workspaceId, branch }: WorkspaceRequest,
  connection: Connection,
  signal: AbortSignal,
): Promise<{ cache: Cache; target: Target }> {
  const { defaultBranch, heads } = await connection.listBranches(signal)
  const baseBranch = remote.baseBranch ?? defaultBranch
  if (!heads.has(baseBranch)) {
    const some = [...heads.keys()].slice(0, 10).join(', ')
    throw new UserError('branch-unknown', `${connection.address.url} has no branch "${baseBranch}". It has: ${some}.`)
  }
  const cache = await refreshCache(connection, cacheFolder(cacheRoot, remote.codebaseId), workspaceId, signal)
  const tip = await resolveCommit(cache, refs.origin(baseBranch))
  if (tip === undefined) throw new Error(`${baseBranch} was listed but not fetched`)
  return { cache, target: { workspaceId, branch, baseBranch, tip } }
}

async function openSandboxes(
  { fence }: Setup,
  { runId, readOnly, network, state, door }: WorkspaceRequest,
  { folder, cache, slot }: { folder: Folder; cache: Cache; slot: number },
): Promise<Sandboxes> {
  if (state !== undefined) await mkdir(state, { recursive: true, mode: 0o700 })
  const { repo: workspace, home } = folder
  const spec = {
    runId,
    slot,
    workspace,
    home,
    readOnly: [cache.objects, ...readOnly],
    ...(state !== undefined && { state }),
  }
  const git = await fence.openSandbox({ ...spec, network: [] })
  return { git, agent: await fence.openSandbox({ ...spec, network, ...(door && { door }) }) }
}

async function checkNames({ git, root, cacheRoot }: Setup, { workspaceId, remote, branch }: WorkspaceRequest) {
  for (const id of [workspaceId, remote.codebaseId])
    if (!/^[\w-]+$/.test(id)) throw new Error(`"${id}" cannot be the name of a folder`)
  await git(['check-ref-format', '--branch', branch]).catch((cause: unknown) => {
    throw new UserError('branch-name', `"${branch}" cannot be the name of a branch.`, { cause })
  })
  for (const folder of [root, cacheRoot]) {
    await mkdir(folder, { recursive: true })
    // The sandboxes' users pass through, but the names in it are not theirs to know.
    await chmod(folder, 0o711)
  }
}
