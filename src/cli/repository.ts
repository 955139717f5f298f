import { access, realpath } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { UserError } from '../lib/errors.ts'

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

const isUrl = (text: string) => /^[a-z][a-z0-9+.-]*:\/\//i.test(text) || /^[\w.-]+@[\w.-]+:/.test(text)

/**
 * What to work on: a URL as it is, a path as the root of its repository, anything else as the name of a known codebase.
 * Without `given`, the repository of `folder`. `UserError('no-repository')` when there is none.
 */
export async function resolveRepository(
  given: string | undefined,
  folder: string,
): Promise<{ address: string } | { name: string }> {
  if (given === undefined) {
    const root = await rootAbove(folder)
    if (root !== undefined) return { address: root }
    throw new UserError(
      'no-repository',
      `${folder} is in no git repository. Go into one, or name one with --repo PATH or --repo URL.`,
    )
  }
  if (isUrl(given)) return { address: given }
  const path = resolve(folder, given)
  if (!(await exists(path))) {
    if (/^[\w.-]+$/.test(given)) return { name: given }
    throw new UserError('no-repository', `There is no ${path}. Give --repo a folder that exists, or a URL.`)
  }
  const root = await rootAbove(path)
  if (root !== undefined) return { address: root }
  throw new UserError('no-repository', `${path} is in no git repository. Make it one with: git init`)
}

/** As `git rev-parse --show-toplevel`: the next folder upwards with a .git, which in a worktree is a file; or a bare repository. */
async function rootAbove(folder: string): Promise<string | undefined> {
  for (let at = await realpath(folder); ; at = dirname(at)) {
    if (await exists(join(at, '.git'))) return at
    if ((await exists(join(at, 'HEAD'))) && (await exists(join(at, 'objects'))) && (await exists(join(at, 'refs'))))
      return at
    if (dirname(at) === at) return undefined
  }
}
