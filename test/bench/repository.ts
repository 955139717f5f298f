import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A repository with one commit, below `home`; returns its folder. */
export async function makeRepository(home: string): Promise<string> {
  const folder = join(home, 'repository')
  await mkdir(folder)
  const git = (...args: string[]) =>
    promisify(execFile)('git', ['-c', 'user.name=a', '-c', 'user.email=a@localhost', ...args], { cwd: folder })
  await git('init', '-q', '-b', 'main')
  await writeFile(join(folder, 'README.md'), 'A repository.\n')
  await git('add', '.')
  await git('commit', '-q', '-m', 'First')
  return folder
}
