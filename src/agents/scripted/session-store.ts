import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** How far a script has come. Kept on disk before and after every step, so that a new process can go on. */
export interface Progress {
  prompt: string
  /** The first step that is not finished. */
  next: number
  /** The turn ended because nobody answered: the next prompt is the answer. */
  waitingFor?: 'answer' | 'permission'
  /** A change that was about to be written: writing it again does no harm, making it again might. */
  change?: { path: string; text: string }
}

export interface ScriptedSession {
  id: string
  prompts: string[]
  progress?: Progress
  /** A person said "allow everything in this session". */
  allowsAll?: boolean
}

const folder = () => join(process.env.DROVER_AGENT_STATE ?? homedir(), '.drover-scripted')
const fileOf = (id: string) => join(folder(), `${id}.json`)

export function readSession(id: string): ScriptedSession | undefined {
  if (!/^[\w-]+$/.test(id)) return undefined
  try {
    return JSON.parse(readFileSync(fileOf(id), 'utf8')) as ScriptedSession
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** By renaming: whoever is killed in the middle leaves the old state, not half of the new one. */
export function writeSession(session: ScriptedSession): void {
  mkdirSync(folder(), { recursive: true })
  const file = fileOf(session.id)
  writeFileSync(`${file}.new`, JSON.stringify(session))
  renameSync(`${file}.new`, file)
}
