import { rm } from 'node:fs/promises'
import { isSafeFileName } from '../../lib/file-names.ts'
import type { Sandbox, Workspace } from '../workspace.ts'
import type { Cache } from './cache.ts'
import type { Connection } from './connection.ts'
import type { Folder, Marker } from './folder.ts'
import { describeWork, fileCheckpoint, parseCommit, takeBundle, type HarvestLimits } from './harvest.ts'
import { runInside, shortText, wholeText } from './inside.ts'
import { pushWork } from './push.ts'
import { ATTACHMENTS, COMMIT, LIST_FOLDER, PLACE_FILE, READ_FILE, WRITE_FILE } from './scripts.ts'

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
    readFile: (path) => behindMark(sandboxes, READ_FILE, path),
    async listFolder(path) {
      const names = await behindMark(sandboxes, LIST_FOLDER, path)
      return names?.split('\n').filter((name) => name !== '')
    },
    async writeFile(path, text) {
      await runInside(sandboxes.git.launch, WRITE_FILE, [`./${path}`], shortText, { input: text })
    },
    async placeFile(folder, name, content) {
      for (const each of [folder, name])
        if (!isSafeFileName(each)) throw new Error(`"${each}" cannot be the name of a file`)
      const { launch, paths } = sandboxes.git
      await runInside(launch, PLACE_FILE, [paths.home, folder, name], shortText, { input: content })
      return `${paths.home}/${ATTACHMENTS}/${folder}/${name}`
    },
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

/** What stands behind the first line; undefined where that says that nothing is there. */
async function behindMark({ git }: Sandboxes, script: string, path: string): Promise<string | undefined> {
  const said = await runInside(git.launch, script, [`./${path}`], wholeText)
  const end = said.indexOf('\n')
  return said.slice(0, end === -1 ? said.length : end) === 'none' ? undefined : said.slice(end + 1)
}

export async function closeAll({ agent, git }: Sandboxes): Promise<void> {
  await Promise.all([agent.close(), git.close()])
}
