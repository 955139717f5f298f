import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import type { CliParts } from '../src/cli/parts.ts'
import { runCli } from '../src/cli/run-cli.ts'
import { readConfig } from '../src/config.ts'
import { startServer } from '../src/http/server.ts'
import { openTestApi, type TestApi } from './http-kit.ts'

/** What a command wrote, and how it ended. */
export interface Ran {
  code: number
  out: string
  err: string
}

export interface TestCli extends AsyncDisposable {
  api: TestApi
  url: string
  /** The root of a folder that looks like a git repository. */
  repository: string
  /** Runs one command against a real port; `input` is what stands on its standard input. */
  drover(args: string[], changed?: Partial<CliParts> & { input?: string }): Promise<Ran>
}

/** The command line with nothing behind it but what the test brings. */
export async function runWith(args: string[], parts: Partial<CliParts>, input = ''): Promise<Ran> {
  const written = { out: '', err: '' }
  const collect = (into: 'out' | 'err') =>
    new Writable({
      write(chunk, _encoding, done) {
        written[into] += String(chunk)
        done()
      },
    })
  const stdin = new PassThrough()
  stdin.end(input)
  const env = parts.env ?? {}
  const code = await runCli(args, {
    ...NOTHING,
    config: async () => readConfig(env, '/nowhere'),
    io: { stdin, stdout: collect('out'), stderr: collect('err') },
    ...parts,
    env,
  })
  return { code, ...written }
}

const refuse = async (): Promise<never> => {
  throw new Error('The test does not expect this.')
}
const NOTHING: Omit<CliParts, 'env' | 'config'> = {
  version: '0.0.0-test',
  startService: refuse,
  startWorker: refuse,
  migrate: refuse,
  doctor: refuse,
  guideTo: refuse,
  relay: refuse,
  demo: refuse,
}

/** The command line with a service on a real port that it finds in its settings. */
export async function openTestCli(): Promise<TestCli> {
  const api = await openTestApi()
  const server = await startServer(api.http, { host: '127.0.0.1', port: 0 })
  const folder = await mkdtemp(join(tmpdir(), 'drover-cli-'))
  const repository = join(folder, 'app')
  await mkdir(join(repository, '.git'), { recursive: true })
  return {
    api,
    url: server.url,
    repository,
    drover: (args, { input, ...changed } = {}) =>
      runWith(
        args,
        { folder: repository, env: { DROVER_URL: server.url, DROVER_API_KEY: api.key }, ...changed },
        input,
      ),
    async [Symbol.asyncDispose]() {
      await server.stop()
      await api[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
