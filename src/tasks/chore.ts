/** What a command does in a repository: the `input.chore` of a task of kind `repository`. */
export type Chore =
  | { type: 'clone'; codebase: { id: string; name: string; url: string } }
  | { type: 'load-commands'; folder: string }
  | { type: 'command-set'; name: string; path: string; text?: string }
