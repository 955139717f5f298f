import type { Command } from 'commander'
import { UserError } from '../../lib/errors.ts'
import type { Task, TaskEventList, TaskList } from '../../http/wire.ts'
import { answerByAsking, answerFrom } from '../answer.ts'
import { addCommand, does, type Cli, type JsonOption } from '../cli.ts'
import type { Client } from '../client.ts'
import { createRenderer } from '../render-event.ts'
import { showTask, showTasks, statusText } from '../render-task.ts'
import { connect } from '../service.ts'
import { onInterrupt } from '../signals.ts'
import { EXIT } from '../exit-codes.ts'
import { addTaskFiles } from './task-files.ts'

export function addTaskCommands(program: Command, cli: Cli): void {
  const task = program.command('task').description('look at tasks, answer, cancel and retry them')
  addList(task, cli)
  addShow(task, cli)
  addTaskFiles(task, cli)
  addLogs(task, cli)
  addChanges(task, cli)
}

interface ListOptions extends JsonOption {
  status?: string
  repo?: string
  agent?: string
  conversation?: string
  limit: string
}

function addList(task: Command, cli: Cli) {
  addCommand(task, 'list', {
    about: 'list tasks, newest first',
    examples: ['drover task list --status running,waiting', 'drover task list --repo my-app --limit 100 --json'],
  })
    .option('--status <states>', 'only these, separated by commas')
    .option('--repo <codebase>', 'only of this codebase (name, URL or path)')
    .option('--agent <name>', 'only of this agent')
    .option('--conversation <id>', 'only of this conversation')
    .option('--limit <number>', 'how many, at most 100', '20')
    .action(
      does(cli, async ({ json, repo, ...filter }: ListOptions) => {
        const client = await connect(cli)
        const query = new URLSearchParams({ ...filter, ...(repo !== undefined && { codebase: repo }) })
        const list = await client.get<TaskList>(`/v1/tasks?${query.toString()}`)
        if (json === true) return cli.out.json(list)
        if (list.tasks.length === 0) return cli.out.note('No tasks. Start one with: drover run "…"')
        showTasks(list.tasks, cli.out)
      }),
    )
}

function addShow(task: Command, cli: Cli) {
  addCommand(task, 'show <id>', { about: 'show one task and its result' }).action(
    does(cli, async (id: string, { json }: JsonOption) => {
      const found = await getTask(await connect(cli), id)
      if (json === true) cli.out.json(found)
      else showTask(found, cli.out)
    }),
  )
  addCommand(task, 'diff <id>', {
    about: 'print what a task changed',
    examples: ['drover task diff tsk_… | git apply'],
  }).action(
    does(cli, async (id: string, { json }: JsonOption) => {
      const client = await connect(cli)
      const diff = await client.text(pathOf(id, '/diff'))
      if (json === true) cli.out.json({ diff })
      else cli.io.stdout.write(diff)
    }),
  )
}

function addLogs(task: Command, cli: Cli) {
  addCommand(task, 'logs <id>', {
    about: 'print what happened in a task; with --json one event a line',
    examples: ['drover task logs tsk_… --follow', 'drover task logs tsk_… --json | jq .event.type'],
  })
    .option('-f, --follow', 'go on until the task ends')
    .option('-v, --verbose', "also the agent's thoughts, and what its tools printed")
    .action(
      does(cli, async (id: string, options: JsonOption & { follow?: boolean; verbose?: boolean }) => {
        const client = await connect(cli)
        const render = createRenderer(cli.out, { verbose: options.verbose === true })
        const leaving = new AbortController()
        const stopListening = onInterrupt(() => leaving.abort())
        try {
          for await (const event of options.follow === true
            ? client.events(id, { after: 0, signal: leaving.signal })
            : allEvents(client, id)) {
            if (options.json === true) cli.io.stdout.write(`${JSON.stringify(event)}\n`)
            else render(event.event)
          }
        } finally {
          stopListening()
        }
        if (leaving.signal.aborted) return EXIT.interrupted
        const found = await getTask(client, id)
        cli.out.note(cli.out.noteStyle('dim', `${id} is ${statusText(found)}.`))
      }),
    )
}

function addChanges(task: Command, cli: Cli) {
  const tell = (json: boolean | undefined, changed: Task) =>
    json === true ? cli.out.json(changed) : cli.out.print(`${changed.id} is ${statusText(changed)}.`)

  addCommand(task, 'cancel <id>', { about: 'stop a task' }).action(
    does(cli, async (id: string, { json }: JsonOption) => {
      const client = await connect(cli)
      const changed = await client.post<Task>(pathOf(id, '/cancel'))
      tell(json, changed)
      if (changed.status === 'running') cli.out.note('Its agent is being stopped.')
    }),
  )

  addCommand(task, 'retry <id>', {
    about: 'start a failed or cancelled task again',
    examples: ['drover task retry tsk_…', 'drover task retry tsk_… --prompt "The same, but keep the old name"'],
  })
    .option('--prompt <text>', 'with this prompt instead of its own')
    .action(
      does(cli, async (id: string, { json, prompt }: JsonOption & { prompt?: string }) => {
        const client = await connect(cli)
        tell(json, await client.post<Task>(pathOf(id, '/retry'), prompt === undefined ? {} : { prompt }))
      }),
    )

  addCommand(task, 'answer <id> [answer]', {
    about: 'answer the question that a task waits with: number, name or id of a choice, or a text',
    examples: ['drover task answer tsk_… allow', 'drover task answer tsk_… "Use the second database"'],
  }).action(
    does(cli, async (id: string, typed: string | undefined, { json }: JsonOption) => {
      const client = await connect(cli)
      const { question } = await getTask(client, id)
      const given =
        typed !== undefined ? answerFrom(question, typed) : question ? await answerByAsking(cli, question) : undefined
      if (!given) throw new UserError('no-answer', `Give the answer: drover task answer ${id} "…"`)
      tell(json, await client.post<Task>(pathOf(id, '/answer'), given))
    }),
  )
}

const pathOf = (id: string, rest = '') => `/v1/tasks/${encodeURIComponent(id)}${rest}`
const getTask = (client: Client, id: string) => client.get<Task>(pathOf(id))

async function* allEvents(client: Client, id: string) {
  for (let after = 0; ;) {
    const { events } = await client.get<TaskEventList>(pathOf(id, `/events?after=${after}&limit=1000`))
    yield* events
    after = events.at(-1)?.seq ?? after
    if (events.length === 0) return
  }
}
