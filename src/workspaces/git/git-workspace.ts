import { rm } from 'node:fs/promises'
import type { Sandbox, Workspace } from '../workspace.ts'
import type { Cache } from './cache.ts'
import type { Connection } from './connection.ts'
import type { Folder, Marker } from './folder.ts'
import { describeWork, fileCheckpoint, parseCommit, takeBundle, type HarvestLimits } from './harvest.ts'
import { runInside, shortText } from './inside.ts'
import { pushWork } from './push.ts'
import { COMMIT } from './scripts.ts'

/** The two sandboxes of a workspace: the agent's, with its network, and git's, which needs none. */
export interface Sandboxes {
  agent: Sandbox
  git: Sandbox
}

export interface OpenWorkspace {
  folder: Folder
  marker: Marker
  origin: Workspace['origin']
  sandboxes: Sandboxes
  cache: Cache
  connection: Connection
  /** Where bundles lie until they are imported. */
  incoming: string
  limits: HarvestLimits
  /** The cache's lock. */
  locked: <T>(work: () => Promise<T>) => Promise<T>
}

/** An open folder, as the contract has it. */
export function createWorkspace(open: OpenWorkspace): Workspace {
  const { folder, marker, sandboxes, cache, connection, limits, locked } = open
  return {
    directory: folder.repo,
    origin: open.origin,
    paths: sandboxes.agent.paths,
    ...(sandboxes.agent.doorUrl !== undefined && { doorUrl: sandboxes.agent.doorUrl }),
    launch: sandboxes.agent.launch,
    async commit(message) {
      const line = await runInside(sandboxes.git.launch, COMMIT, [marker.branch], shortText, { input: message })
      return line === '' ? undefined : parseCommit(line)
    },
    async harvest() {
      const bundle = await takeBundle(sandboxes.git.launch, marker, open.incoming, limits)
      try {
        return await locked(async () => {
          const checkpoint = await fileCheckpoint(cache, marker, bundle)
          return describeWork(cache, marker, checkpoint, limits.maxDiffBytes)
        })
      } finally {
        await rm(bundle, { force: true })
      }
    },
    push: (harvest) => locked(() => pushWork(cache, connection, marker.workspaceId, harvest)),
    close: () => closeAll(sandboxes),
  }
}

export async function closeAll({ agent, git }: Sandboxes): Promise<void> {
  await Promise.all([agent.close(), git.close()])
}
