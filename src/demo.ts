/** The whole main job in one go, on a real repository, in a data folder of its own that is gone afterwards. */
import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const git = (cwd: string, ...args: string[]) => promisify(execFile)('git', args, { cwd })
const HERE = fileURLToPath(new URL('../', import.meta.url))

const PROMPT = `plan Read the repository; Write down what it is; Check it
run git log --oneline -3
write DEMO.md :: # What Drover did here\\n\\nIt cloned this repository into a workspace of its own, fenced the agent in, and let it write this file.
run wc -l README.md DEMO.md
say DEMO.md is written and checked. Nothing of your own working tree was touched.`

export interface DemoParts {
  say(line: string): void
  /** The command line, in this process, with another environment. Returns its exit code. */
  drover(args: string[], env: NodeJS.ProcessEnv): Promise<number>
  env: NodeJS.ProcessEnv
}

/** Returns an exit code. */
export async function runDemo({ say, drover, env }: DemoParts): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'drover-demo-'))
  // The database and the agents may run as users of their own, who have to get through.
  await chmod(folder, 0o755)
  try {
    const repository = join(folder, 'repository')
    const made = await makeRepository(repository)
    say(`A repository to work on: ${made}`)
    say(`You say:\n${PROMPT.replaceAll(/^/gm, '  | ')}\n`)
    const quiet = {
      ...env,
      DROVER_HOME: join(folder, 'data'),
      DATABASE_URL: '',
      DROVER_URL: '',
      DROVER_API_KEY: '',
      WORKSPACE_PATH: '',
      LOG_LEVEL: 'warn',
    }
    const code = await drover(['run', PROMPT, '--repo', repository, '--agent', 'scripted'], quiet)
    const { stdout: branches } = await git(repository, 'branch', '--list', 'drover/*', '--format=%(refname:short)')
    const branch = branches.trim().split('\n')[0] ?? ''
    say(`\nWhat the repository has now (git log --stat main..${branch}):\n`)
    say((await git(repository, 'log', '--stat', '--format=%h %an: %s', `main..${branch}`)).stdout)
    say('And its diff:\n')
    say((await git(repository, 'diff', `main...${branch}`)).stdout)
    return code
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A clone of this very repository where there is one (an npm package has no history), else a small one. */
async function makeRepository(target: string): Promise<string> {
  try {
    await git(HERE, 'clone', '--quiet', HERE, target)
    await git(target, 'checkout', '--quiet', '-B', 'main')
    return 'a clone of Drover itself'
  } catch {
    await rm(target, { recursive: true, force: true })
    await git(tmpdir(), 'init', '--quiet', '--initial-branch', 'main', target)
    await promisify(execFile)('cp', [join(HERE, 'README.md'), target])
    await git(target, 'add', '.')
    await git(target, '-c', 'user.name=Demo', '-c', 'user.email=demo@localhost', 'commit', '--quiet', '-m', 'A readme')
    return 'a new one with one commit'
  }
}
