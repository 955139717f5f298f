import type { Id } from '../lib/ids.ts'

/** One thread of work: its codebase, its agent, its branch. Its id is its lane, and the name of its workspace. */
export interface Conversation {
  id: Id<'conversation'>
  orgId: Id<'org'>
  title: string
  codebaseId: string | null
  agent: string
  branch: string | null
  /** Where the agent works within the repository; empty: its root. */
  cwd: string
  busy: BusyMode
  verbosity: Verbosity
  createdAt: Date
}

/** What becomes of a message that comes while a task is open: wait in line, join the running turn, take its place, or join what waits. */
export const BUSY_MODES = ['queue', 'steer', 'interrupt', 'collect'] as const
export type BusyMode = (typeof BUSY_MODES)[number]

/** `quiet`: no status cards; `verbose`: with the tools that are used. */
export type Verbosity = 'quiet' | 'normal' | 'verbose'

export interface Message {
  id: Id<'message'>
  author: 'person' | 'agent'
  text: string
  createdAt: Date
}

/** The branch that the work of a conversation goes to: words of its title that git takes, and the end of its id to tell two of a kind apart. */
export function branchFor(title: string, id: string): string {
  const words = title
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '')
  return `drover/${words === '' ? 'work' : words}-${id.slice(-6)}`
}
