/** Process entry: reads the environment, hands what this program can do to the command line, ends with its exit code. */
import { existsSync } from 'node:fs'
import { runCli } from './cli/run-cli.ts'
import { readConfig, withUsualNames, type Config } from './config.ts'
import { defaultHome } from './default-home.ts'
import { UserError, messageOf } from './lib/errors.ts'
import { createLog } from './lib/log.ts'
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

/** What a command does not need it does not load: most of them only speak to the API. */
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
      const { startService } = await import('./start-service.ts')
      const read = await config()
      const settings = { ...read, ...(port !== undefined && { PORT: port }), ...(host !== undefined && { HOST: host }) }
      return startService(settings, env, logFor(settings, quiet))
    },
    async startWorker() {
      const { startWorker } = await import('./start-service.ts')
      const settings = await config()
      return startWorker(settings, env, logFor(settings))
    },
    async migrate() {
      const { migrateDatabase } = await import('./migrate-database.ts')
      return migrateDatabase(await config())
    },
    async doctor() {
      const { examine } = await import('./doctor.ts')
      const settings = await config()
      return examine(settings, env, logFor(settings, true))
    },
    async guideTo(channel) {
      const { guideTo } = await import('./set-up-channel.ts')
      return guideTo(channel)
    },
    async relay() {
      const [{ startRelay, relayDesk }, { connectRelay }] = await Promise.all([
        import('./start-relay.ts'),
        import('./join-relay.ts'),
      ])
      const settings = await config()
      return {
        ...relayDesk(settings),
        async serve({ port, host }) {
          const given = { ...env, ...(port !== undefined && { PORT: port }), ...(host !== undefined && { HOST: host }) }
          return startRelay(readConfig(given, settings.home), logFor(settings))
        },
        connect: async (url) => connectRelay(settings, logFor(settings), url),
      }
    },
    async demo() {
      const { runDemo } = await import('./demo.ts')
      return runDemo({ env, say: (line) => process.stdout.write(`${line}\n`), drover: run })
    },
  })
}

try {
  loadEnvFile()
  process.exitCode = await run(process.argv.slice(2), withUsualNames(process.env))
} catch (error) {
  console.error(error instanceof UserError ? error.message : error)
  process.exitCode = 1
}
