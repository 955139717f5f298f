import { InvalidArgumentError, type Command } from 'commander'
import { addCommand, does, type Cli } from '../cli.ts'
import { untilStopped } from '../signals.ts'

interface UpOptions {
  port?: number
  host?: string
  json?: boolean
}

export function addUpCommand(program: Command, cli: Cli): void {
  addCommand(program, 'up', {
    about: 'start the service: API, workers, and the built-in database if you have none',
    examples: ['drover up', 'drover up --port 0', 'DATABASE_URL=postgres://… drover up'],
  })
    .option('--port <number>', 'port to listen on (default: PORT, else 3000; 0: any that is free)', portFrom)
    .option('--host <address>', 'address to listen on (default: HOST, else 127.0.0.1)')
    .action(
      does(cli, async ({ json, ...options }: UpOptions) => {
        const { out, parts } = cli
        const service = await parts.startService(options)
        if (json === true)
          out.json({ url: service.url, pid: process.pid, version: parts.version, summary: service.summary })
        else {
          out.print(
            out.style('bold', `Drover ${parts.version} listens on ${service.url}`) + `  (API: ${service.url}/docs)`,
          )
          for (const line of service.summary) out.print(line)
          out.print('Try it, in a git repository:  drover run "Say what this project is about"')
          out.print(out.style('dim', 'Ctrl-C stops it.'))
        }
        await untilStopped(out, 'Stopping: waiting for what runs.')
        await service.stop()
        out.note('Stopped.')
      }),
    )
}

export function addWorkerCommand(program: Command, cli: Cli): void {
  addCommand(program, 'worker', {
    about: 'start a worker alone: it runs the tasks of a service that uses the same DATABASE_URL',
    examples: [
      'DATABASE_URL=postgres://… drover worker',
      'DROVER_CONCURRENCY=16 DATABASE_URL=postgres://… drover worker',
    ],
  }).action(
    does(cli, async ({ json }: UpOptions) => {
      const { out, parts } = cli
      const worker = await parts.startWorker()
      if (json === true) out.json({ pid: process.pid, version: parts.version, summary: worker.summary })
      else for (const line of worker.summary) out.print(line)
      await untilStopped(out, 'Stopping: waiting for its tasks.')
      await worker.stop()
      out.note('Stopped.')
    }),
  )
}

function portFrom(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new InvalidArgumentError('A port is a number from 0 to 65535.')
}
