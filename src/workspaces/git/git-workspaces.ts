import { join } from 'node:path'
import type { Fence, WithLock, Workspaces } from '../workspace.ts'
import { connect, type SshSettings } from './connection.ts'
import { discard, folderOf, readMarker } from './folder.ts'
import type { HarvestLimits } from './harvest.ts'
import { isCovered } from './is-covered.ts'
import { openWorkspace } from './open-workspace.ts'
import { createGit, type Git } from './run-git.ts'

export interface GitWorkspacesOptions extends Partial<HarvestLimits> {
  fence: Fence
  /** One folder a workspace. */
  root: string
  /** One bare clone a repository. */
  cacheRoot: string
  withLock: WithLock
  /** All that git may know of Drover's environment: PATH, HOME, SSH_AUTH_SOCK, proxies, certificates. No token. */
  env: Readonly<Record<string, string>>
  ssh?: SshSettings
}

/** The same with nothing left open. */
export interface Setup extends HarvestLimits {
  fence: Fence
  root: string
  cacheRoot: string
  /** Where it is noted which workspace holds which slot. */
  slots: string
  /** Settings for git that must stand in a file. */
  configDir: string
  withLock: WithLock
  git: Git
  ssh: SshSettings
}

/** Workspaces made of git clones that share one bare cache a repository. */
export function createGitWorkspaces({ env, ssh = {}, ...options }: GitWorkspacesOptions): Workspaces {
  const setup: Setup = {
    maxBundleBytes: 1024 ** 3,
    maxDiffBytes: 1024 ** 2,
    ...options,
    slots: join(options.root, '.slots'),
    configDir: join(options.cacheRoot, 'config'),
    git: createGit(env),
    ssh,
  }
  return {
    open: (request, onStep, signal) => openWorkspace(setup, request, onStep, signal),
    async inspect(remote, signal) {
      const { defaultBranch } = await (await connect(setup, remote)).listBranches(signal)
      return { defaultBranch }
    },
    async remove(workspaceId) {
      const folder = folderOf(setup.root, workspaceId)
      const marker = await readMarker(folder)
      if (marker && !(await isCovered(setup, folder, marker))) return false
      await discard(setup.slots, folder, workspaceId)
      return true
    },
  }
}
