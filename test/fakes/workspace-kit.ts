import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Exit, Launch } from '../../src/lib/process.ts'
import { openFence, type FenceOptions } from '../../src/workspaces/fence/open-fence.ts'
import { createGitWorkspaces, type GitWorkspacesOptions } from '../../src/workspaces/git/git-workspaces.ts'
import type { Fence, WithLock, Workspace, WorkspaceRequest } from '../../src/workspaces/workspace.ts'

/** What workspace tests share: scratch folders, fences of both kinds, repositories, programs in a sandbox. */

const PATH = process.env['PATH'] ?? ''

/** A folder of its own, closed to other users as `mktemp -d` makes it, removed in the end. */
export async function scratchFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'drover-ws-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/**
 * The kinds of fence that this machine can have; says aloud why one is left out. Where bubblewrap itself works, a fence
 * that does not is our defect, and to leave its tests out would hide it.
 */
export async function fenceKinds(): Promise<Fence['kind'][]> {
  await using folder = await scratchFolder()
  const fence = await openFence({ sandbox: 'auto', stateDir: folder.path, path: PATH })
  if (fence.kind === 'bubblewrap') return ['bubblewrap', 'none']
  if (bubblewrapWorks())
    throw new Error(`bubblewrap works on this machine, and the fence does not. ${fence.explanation}`)
  console.warn(`Tests of bubblewrap are left out. ${fence.explanation}`)
  return ['none']
}

function bubblewrapWorks(): boolean {
  const user = process.getuid?.() === 0 ? ['--reuid', '20000', '--regid', '20000', '--clear-groups'] : []
  const bwrap = ['bwrap', '--unshare-all', '--ro-bind', '/', '/', '--proc', '/proc', 'true']
  return spawnSync('setpriv', [...user, ...bwrap], { cwd: '/' }).status === 0
}

export function openTestFence(kind: Fence['kind'], folder: string, more: Partial<FenceOptions> = {}): Promise<Fence> {
  const sandbox = kind === 'none' ? 'off' : 'required'
  return openFence({ sandbox, stateDir: join(folder, 'fence'), path: PATH, ...more })
}

export interface Ended {
  stdout: string
  stderr: string
  exit: Exit
}

/** Runs a shell script to its end. */
export async function runScript(launch: Launch, script: string, env: Record<string, string> = {}): Promise<Ended> {
  const contained = launch({ file: 'sh', args: ['-c', script], env })
  contained.stdin.end()
  const [stdout, stderr, exit] = await Promise.all([text(contained.stdout), text(contained.stderr), contained.exited])
  return { stdout, stderr, exit }
}

/** Git as the test's own hand, outside of everything. */
export function git(cwd: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@localhost', '-c', 'safe.directory=*']
  const env = { PATH, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', HOME: cwd, LC_ALL: 'C' }
  return execFileSync('git', [...identity, ...args], {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim()
}

export function writeFiles(folder: string, files: Record<string, string>) {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
}

/** A repository with one commit on main, as a person's own checkout. */
export function createRepository(path: string, files: Record<string, string> = { 'readme.md': 'hello\n' }): string {
  mkdirSync(path, { recursive: true })
  git(path, 'init', '-q', '-b', 'main')
  writeFiles(path, files)
  git(path, 'add', '-A')
  git(path, 'commit', '-q', '-m', 'first')
  return path
}

/** The same as a bare one, as a server keeps it. */
export function createBareRepository(path: string, files?: Record<string, string>): string {
  createRepository(`${path}.tmp`, files)
  git(dirname(path), 'clone', '-q', '--bare', `${path}.tmp`, path)
  return path
}

/** One at a time by key, within this process: what the database gives in the real thing. */
function createLocks(): WithLock {
  const last = new Map<string, Promise<unknown>>()
  return (key, work) => {
    const mine = (last.get(key) ?? Promise.resolve()).then(work, work)
    last.set(key, mine)
    return mine
  }
}

export async function createTestWorkspaces(
  kind: Fence['kind'],
  folder: string,
  more: Partial<GitWorkspacesOptions> = {},
) {
  return createGitWorkspaces({
    fence: await openTestFence(kind, folder),
    root: join(folder, 'workspaces'),
    cacheRoot: join(folder, 'cache'),
    withLock: createLocks(),
    env: { PATH, HOME: folder },
    ...more,
  })
}

export function requestFor(url: string, more: Partial<WorkspaceRequest> = {}): WorkspaceRequest {
  return {
    workspaceId: 'wsp_one',
    runId: `run_${process.pid}_${Math.random().toString(36).slice(2)}`,
    remote: { codebaseId: 'cbs_one', url },
    branch: 'drover/work',
    readOnly: [],
    network: [],
    ...more,
  }
}

/** A repository with a `.gitignore`, and workspaces to open it in. */
export async function openPlace(
  kind: Fence['kind'],
  makeRepository = createBareRepository,
  files?: Record<string, string>,
) {
  const folder = await scratchFolder()
  const url = makeRepository(
    join(folder.path, 'origin'),
    files ?? { 'readme.md': 'hello\n', '.gitignore': 'ignored\n' },
  )
  const workspaces = await createTestWorkspaces(kind, folder.path)
  const { signal } = new AbortController()
  const open = (more: Partial<WorkspaceRequest> = {}) => workspaces.open(requestFor(url, more), () => {}, signal)
  return { folder: folder.path, url, workspaces, open, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

/** Runs a script as the agent would, and expects it to go well. */
export async function runAsAgent(workspace: Workspace, script: string): Promise<string> {
  const { stdout, stderr, exit } = await runScript(workspace.launch, `set -e\n${script}`)
  if (exit.code !== 0) throw new Error(`${script}: ${stderr}`)
  return stdout.trim()
}

/** A commit on a branch of a bare repository, made if it is not there. */
export function pushBySomebodyElse(bare: string, branch: string, files: Record<string, string>) {
  const checkout = `${bare}.checkout`
  const isThere = git(bare, 'for-each-ref', `refs/heads/${branch}`) !== ''
  git(dirname(bare), 'clone', '-q', bare, checkout)
  git(checkout, 'checkout', '-q', '-B', branch, ...(isThere ? [`origin/${branch}`] : []))
  writeFiles(checkout, files)
  git(checkout, 'add', '-A')
  git(checkout, 'commit', '-q', '-m', 'By somebody else')
  git(checkout, 'push', '-q', 'origin', branch)
  rmSync(checkout, { recursive: true })
}

/** Processes of this machine that carry a mark which begins so. */
export function findByMark(mark: string): string[] {
  const isMarked = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`DROVER_RUN_ID=${mark}`)
    } catch {
      return false
    }
  }
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isMarked(name))
}
