/**
 * The contract of the places where agents work: a fence around processes, and a workspace with a clone in it.
 * A container runner must fit here as well as bubblewrap does.
 */
import type { RequestListener } from 'node:http'
import type { Launch } from '../lib/process.ts'

/** What keeps an agent in. Probed once at start. */
export interface Fence {
  readonly kind: 'bubblewrap' | 'none'
  /** One sentence for people: what holds, or why nothing does and what to do. */
  readonly explanation: string
  openSandbox(spec: SandboxSpec): Promise<Sandbox>
  /**
   * Kills what earlier runs of these marks left on this machine (`runId` equal to the mark, or beginning with it and a dot).
   * Returns how many processes it killed.
   */
  sweep(mark: string): Promise<number>
}

export interface SandboxSpec {
  /** Put as DROVER_RUN_ID into the environment of everything inside, so that it can be found and killed. */
  runId: string
  /** Host folder, writable inside. */
  workspace: string
  /** Host folder, the agent's private home: caches, settings. */
  home: string
  /** Host folder, writable inside, for what must outlive the workspace: the agent's sessions. Left out: the home. */
  state?: string
  /** Host paths visible read-only at the same path. */
  readOnly: readonly string[]
  /** Allow-list for the egress proxy; empty: no network at all. */
  network: readonly string[]
  /** What of Drover this run may reach: served on the sandbox's `doorUrl`, to this sandbox alone where there is a fence. */
  door?: RequestListener
  /** Where the unix uid and the limits of this sandbox come from: no two open sandboxes of a machine share a slot. */
  slot: number
}

export interface Sandbox {
  /** As a program inside sees them. */
  readonly paths: { workspace: string; home: string; state: string }
  /** Where `door` answers, for programs inside: `http://127.0.0.1:port`. */
  readonly doorUrl?: string
  readonly launch: Launch
  /** Kills everything inside; settles when nothing is left. */
  close(): Promise<void>
}

/** A repository as Drover knows it. */
export interface Remote {
  codebaseId: string
  /** Absolute path, `file://`, `https://`, `http://` or `ssh://`/`user@host:path`. Without credentials. */
  url: string
  /** Sent as HTTP basic password to this URL's origin only, by environment. Asked for with each command: some live for an hour. */
  token?: (signal: AbortSignal | undefined) => Promise<string | undefined>
  /** Branch to start from; the remote's HEAD if left out. */
  baseBranch?: string
}

export interface WorkspaceRequest {
  /** Stays the same for all tasks of a conversation; the folder is found again by it. */
  workspaceId: string
  runId: string
  remote: Remote
  /** The branch that the work goes to. */
  branch: string
  /** The agent's sessions: a folder of this host or of storage that hosts share, made where it is missing. Left out: the home. */
  state?: string
  readOnly: readonly string[]
  network: readonly string[]
  door?: RequestListener
}

export interface Commit {
  sha: string
  subject: string
}

/** What an agent's work comes to, seen from the trusted side (the cache), never from the agent's own `.git`. */
export interface Harvest {
  branch: string
  base: string
  head: string
  commits: Commit[]
  /** `git diff --stat` against the base; empty when nothing changed. */
  diffStat: string
  /** Unified diff against the base, cut at `maxDiffBytes`. */
  diff: string
  /** The hidden ref that holds everything, uncommitted and untracked files included. */
  checkpoint: { ref: string; sha: string }
}

export interface Workspace {
  readonly directory: string
  /** Where the clone came from: new, found again in its folder, or rebuilt from the last checkpoint. */
  readonly origin: 'fresh' | 'reused' | 'restored'
  readonly paths: Sandbox['paths']
  readonly doorUrl?: string
  readonly launch: Launch
  /** Read inside the fence, where a link of the agent's making leads nowhere else; undefined where there is no such file. At most 1 MiB. */
  readFile(path: string): Promise<string | undefined>
  /** Names in a folder; undefined where there is no such folder. */
  listFolder(path: string): Promise<string[] | undefined>
  /** Written inside the fence, with the folders that lead to it. */
  writeFile(path: string, text: string): Promise<void>
  /**
   * Puts a file into the agent's home, where it is never committed: written inside the fence, in place of whatever stands there.
   * Folder and name are plain names (`isSafeFileName`). Returns its path as the agent sees it.
   */
  placeFile(folder: string, name: string, content: Uint8Array): Promise<string>
  /** Commits whatever is uncommitted, inside the fence; undefined when there is nothing to commit. */
  commit(message: string): Promise<Commit | undefined>
  /** Checkpoint, bundle out, fsck, import into the cache. Idempotent. */
  harvest(): Promise<Harvest>
  /** Pushes the harvested branch and checkpoint from the cache. Idempotent; does nothing when there is nothing new. */
  push(harvest: Harvest): Promise<void>
  /** Ends all processes; the folder stays for the next task of the conversation. */
  close(): Promise<void>
}

export interface Workspaces {
  /** Clones or fetches; `UserError` when the repository is unknown, empty, or needs a token. `onStep` tells people what happens. */
  open(request: WorkspaceRequest, onStep: (text: string) => void, signal: AbortSignal): Promise<Workspace>
  /** Checks that the remote answers, and returns its default branch, without cloning. Same errors as `open`. */
  inspect(remote: Remote, signal: AbortSignal): Promise<{ defaultBranch: string }>
  /** Removes the folder. Refuses (false) while it holds work that no checkpoint or push has. */
  remove(workspaceId: string): Promise<boolean>
}

/** A lock that holds across processes on all machines that share the database. */
export type WithLock = <T>(key: string, work: () => Promise<T>) => Promise<T>
