import type { Codebase } from '../codebases/codebase.ts'

/** What a command does in a repository: the `input.chore` of a task of kind `repository`. */
export type Chore =
  | { type: 'clone'; codebase: Pick<Codebase, 'id' | 'name' | 'url'> }
  | { type: 'load-commands'; folder: string }
  | { type: 'command-set'; name: string; path: string; text?: string }
