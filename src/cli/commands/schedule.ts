import type { Command } from 'commander'
import type { Schedule, ScheduleList } from '../../http/wire.ts'
import { addCommand, does, type Cli, type JsonOption } from '../cli.ts'
import { localTime } from '../render-event.ts'
import { resolveRepository } from '../repository.ts'
import { connect } from '../service.ts'
import { codebaseFor } from './run.ts'

interface AddOptions extends JsonOption {
  cron: string
  prompt: string
  repo?: string
  agent?: string
  timezone?: string
}

export function addScheduleCommands(program: Command, cli: Cli): void {
  const { out } = cli
  const schedule = program.command('schedule').description('work that starts by itself, again and again')

  addCommand(schedule, 'add <name>', {
    about: 'start a task again and again',
    examples: [
      'drover schedule add deps --cron "0 6 * * 1" --prompt "Update the dependencies" --timezone Europe/Berlin',
    ],
  })
    .requiredOption('--cron <line>', 'when: minute hour day month weekday, as in crontab')
    .requiredOption('--prompt <text>', 'what is to be done')
    .option('--repo <path-or-url>', 'the repository to work on (default: that of the current folder)')
    .option('--agent <name>', 'the agent that works')
    .option('--timezone <name>', 'time zone of --cron (default: that of this machine)')
    .action(
      does(cli, async (name: string, { json, repo, timezone, ...options }: AddOptions) => {
        const repository = await resolveRepository(repo, cli.parts.folder ?? process.cwd())
        const client = await connect(cli)
        const { id: codebase } = await codebaseFor(cli, client, repository)
        const zone = timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
        const added = await client.post<Schedule>('/v1/schedules', { name, codebase, timezone: zone, ...options })
        if (json === true) out.json(added)
        else out.print(`Added ${added.name}: next on ${localTime(added.nextRunAt)} (${added.id})`)
      }),
    )

  addCommand(schedule, 'list', { about: 'list all schedules' }).action(
    does(cli, async ({ json }: JsonOption) => {
      const list = await (await connect(cli)).get<ScheduleList>('/v1/schedules')
      if (json === true) return out.json(list)
      if (list.schedules.length === 0) return out.note('No schedules. Add one with: drover schedule add')
      out.table(
        ['SCHEDULE', 'NAME', 'WHEN', 'NEXT', 'PROMPT'],
        list.schedules.map(({ id, name, cron, timezone, nextRunAt, prompt }) => [
          id,
          name,
          `${cron} (${timezone})`,
          localTime(nextRunAt),
          prompt,
        ]),
      )
    }),
  )

  addCommand(schedule, 'remove <name-or-id>', { about: 'end a schedule' }).action(
    does(cli, async (which: string, { json }: JsonOption) => {
      const client = await connect(cli)
      const { schedules } = await client.get<ScheduleList>('/v1/schedules')
      const id = schedules.find(({ name }) => name === which)?.id ?? which
      await client.delete(`/v1/schedules/${encodeURIComponent(id)}`)
      if (json === true) out.json({ removed: id })
      else out.print(`Removed ${which}.`)
    }),
  )
}
