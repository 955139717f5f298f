import type { Command } from 'commander'
import { addCommand, does, type Cli, type JsonOption } from '../cli.ts'
import { EXIT } from '../exit-codes.ts'

/** The commands that need no service: what they do is done by this process. */
export function addLocalCommands(program: Command, cli: Cli): void {
  const { out, parts } = cli

  addCommand(program, 'migrate', { about: 'bring the database up to date (drover up does it by itself)' }).action(
    does(cli, async ({ json }: JsonOption) => {
      const applied = await parts.migrate()
      if (json === true) return out.json({ applied })
      for (const name of applied) out.print(`Applied ${name}`)
      if (applied.length === 0) out.print('The database is up to date.')
    }),
  )

  addCommand(program, 'doctor', { about: 'look whether everything that Drover needs is there' }).action(
    does(cli, async ({ json }: JsonOption) => {
      const checks = await parts.doctor()
      const isWell = checks.every(({ status }) => status !== 'fail')
      if (json === true) out.json({ ok: isWell, checks })
      else {
        const marks = { ok: out.style('green', '✓'), warn: out.style('yellow', '!'), fail: out.style('red', '✗') }
        const width = Math.max(0, ...checks.map(({ name }) => name.length))
        for (const { name, status, message } of checks) out.print(`${marks[status]} ${name.padEnd(width)}  ${message}`)
      }
      return isWell ? EXIT.done : EXIT.failed
    }),
  )

  addCommand(program, 'demo', { about: 'watch the whole thing work once, on a repository made for it' }).action(
    does(cli, async () => ((await parts.demo()) === 0 ? EXIT.done : EXIT.failed)),
  )
}
