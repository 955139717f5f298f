/** Process entry: reads the environment, hands what this program can do to the command line, ends with its exit code. */
import { existsSync } from 'node:fs'
import { runCli } from './cli/run-cli.ts'
import { readConfig, type Config } from './config.ts'
import { openDatabase } from './db/connect.ts'
import { migrate } from './db/migrate.ts'
import { runDemo } from './demo.ts'
import { examine } from './doctor.ts'
import { UserError, messageOf } from './lib/errors.ts'
import { createLog } from './lib/log.ts'
import { defaultHome } from './parts.ts'
import { startService, startWorker } from './start-service.ts'
import { VERSION } from './version.ts'

/** The real environment wins over the file. */
function loadEnvFile() {
  if (!existsSync('.env')) return
  try {
    process.loadEnvFile('.env')
  } catch (cause) {
    throw new UserError('settings', `.env cannot be read: ${messageOf(cause)}`, { cause })
  }
}

function run(argv: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const config = async () => readConfig(env, await defaultHome())
  const logFor = ({ LOG_LEVEL, secrets }: Config, quiet = false) =>
    createLog({
      level: quiet && env.LOG_LEVEL === undefined ? 'warn' : LOG_LEVEL,
      pretty: process.stderr.isTTY,
      secrets,
    })
  return runCli(argv, {
    env,
    version: VERSION,
    config,
    async startService({ port, host, quiet }) {
      const read = await config()
      const settings = { ...read, ...(port !== undefined && { PORT: port }), ...(host !== undefined && { HOST: host }) }
      return startService(settings, env, logFor(settings, quiet))
    },
    async startWorker() {
      const settings = await config()
      return startWorker(settings, env, logFor(settings))
    },
    async migrate() {
      const settings = await config()
      if (settings.DATABASE_URL !== undefined) return migrate(settings.DATABASE_URL)
      const database = await openDatabase({
        folder: `${settings.home}/postgres`,
        migrate: false,
        onWarning: () => undefined,
      })
      try {
        return await migrate(database.url)
      } finally {
        await database.close()
      }
    },
    async doctor() {
      const settings = await config()
      return examine(settings, env, logFor(settings, true))
    },
    demo: () => runDemo({ env, say: (line) => process.stdout.write(`${line}\n`), drover: run }),
  })
}

try {
  loadEnvFile()
  process.exitCode = await run(process.argv.slice(2), process.env)
} catch (error) {
  console.error(error instanceof UserError ? error.message : error)
  process.exitCode = 1
}
