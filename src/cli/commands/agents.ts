import type { Command } from 'commander'
import type { AgentList, WorkerList } from '../../http/wire.ts'
import { addCommand, does, type Cli, type JsonOption } from '../cli.ts'
import { localTime } from '../render-event.ts'
import { ago, oneLine } from '../output.ts'
import { connectOrStart, connect } from '../service.ts'

const AUTH = { ok: 'logged in', missing: 'not logged in', unknown: 'unknown', not_needed: 'not needed' } as const

export function addAgentsCommand(program: Command, cli: Cli): void {
  const { out } = cli
  addCommand(program, 'agents', { about: 'list the agents, and what to do to use one' }).action(
    does(cli, async ({ json }: JsonOption) => {
      const service = await connectOrStart(cli)
      try {
        const list = await service.client.get<AgentList>('/v1/agents')
        if (json === true) return out.json(list)
        out.table(
          ['', 'AGENT', 'INSTALLED', 'LOGIN', 'TITLE'],
          list.agents.map((agent) => [
            agent.selected ? '*' : '',
            agent.name,
            agent.installed ? (agent.version ?? 'yes') : 'no',
            AUTH[agent.auth],
            agent.title,
          ]),
        )
        for (const { name, hint, shortcomings, pausedUntil } of list.agents) {
          const paused =
            pausedUntil === undefined ? [] : [`its usage limit is reached; it goes on at ${localTime(pausedUntil)}`]
          const told = [...paused, ...(hint === undefined ? [] : [hint]), ...shortcomings]
          for (const text of told) out.print(`${name}: ${oneLine(text)}`)
        }
        out.note(out.noteStyle('dim', '* works where none is named; DROVER_AGENT sets another.'))
      } finally {
        await service.close()
      }
    }),
  )
}

export function addWorkersCommand(program: Command, cli: Cli): void {
  const { out } = cli
  addCommand(program, 'workers', { about: 'list the processes that run tasks' }).action(
    does(cli, async ({ json }: JsonOption) => {
      const list = await (await connect(cli)).get<WorkerList>('/v1/workers')
      if (json === true) return out.json(list)
      if (list.workers.length === 0) return out.note('No worker lives. Start one with: drover up, or drover worker')
      out.table(
        ['WORKER', 'HOST', 'PID', 'TYPES', 'TASKS', 'HEARD', 'STATE'],
        list.workers.map((worker) => [
          worker.id,
          worker.host,
          String(worker.pid),
          worker.types.join(','),
          String(worker.concurrency),
          `${ago(worker.heartbeatAt)} ago`,
          worker.draining ? 'stopping' : 'works',
        ]),
      )
    }),
  )
}
