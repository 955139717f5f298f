import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import type { Codebase, Task } from '../../http/wire.ts'
import { UserError, messageOf } from '../../lib/errors.ts'
import { expandPrompt } from '../../lib/expand-prompt.ts'
import { addCommand, does, type Cli } from '../cli.ts'
import type { Client } from '../client.ts'
import { ensureCodebase } from '../ensure-codebase.ts'
import { followTask } from '../follow-task.ts'
import { showEnd } from '../render-task.ts'
import { resolveRepository } from '../repository.ts'
import { connectOrStart } from '../service.ts'

interface RunOptions {
  repo?: string
  agent?: string
  file?: string
  json?: boolean
}

export function addRunCommand(program: Command, cli: Cli): void {
  addCommand(program, 'run [prompt]', {
    about: 'give an agent one piece of work, and watch it',
    examples: [
      'drover run "Fix the failing test in src/parse.ts"',
      'drover run "Explain how the cache works" --repo https://github.com/acme/app',
      'drover run "write hello.txt :: Hello" --agent scripted --json',
      'drover run "login \'the phone\'" --file .claude/commands/plan.md',
    ],
  })
    .option('--repo <path-or-url>', 'the repository to work on (default: that of the current folder)')
    .option('--file <path>', 'take the prompt from a Markdown file; what is said here fills its $1, $2 and $ARGUMENTS')
    .option('--agent <name>', 'the agent that works (default: the one that `drover agents` marks)')
    .action(
      does(cli, async (said: string | undefined, options: RunOptions) =>
        run(cli, await promptFrom(said, options.file), options),
      ),
    )
}

async function run(cli: Cli, prompt: string, { repo, agent, json = false }: RunOptions) {
  const repository = await resolveRepository(repo, cli.parts.folder ?? process.cwd())
  const service = await connectOrStart(cli)
  try {
    const { client } = service
    const added: Codebase[] = []
    const codebase = await codebaseFor(cli, client, repository, (one) => added.push(one))
    const request = { prompt, codebase: codebase.id, ...(agent !== undefined && { agent }) }
    const started = await client.post<Task>('/v1/tasks', request).catch(async (error: unknown) => {
      // Refused, for an unknown agent perhaps: then nothing of this command stays behind.
      for (const { id } of added) await client.delete(`/v1/codebases/${id}`)
      throw error
    })
    cli.out.note(cli.out.noteStyle('dim', `${started.agent} works on ${codebase.name} (${started.id})`))
    const { task, exitCode } = await followTask(cli, client, started, { quiet: json })
    if (json) cli.out.json(task)
    else showEnd(task, codebase, cli.out)
    return exitCode
  } finally {
    await service.close()
  }
}

/** What is said, or a file in which it fills the places. */
async function promptFrom(said: string | undefined, file: string | undefined): Promise<string> {
  if (file === undefined) {
    if (said !== undefined) return said
    throw new UserError('no-prompt', 'Say what is to be done: drover run "…", or name a file with --file.')
  }
  const template = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UserError('prompt-file', `${file} cannot be read: ${messageOf(cause)}`, { cause })
  })
  // A command file may begin with settings of the agent that it was written for; they are no part of the prompt.
  const body = template.replace(/^---\n[\s\S]*?\n---\n/, '')
  return expandPrompt(body, { argumentText: said ?? '', variables: {} }).trim()
}

/** The codebase to work on: one that is known by this name, or the repository, added if it is new. */
export async function codebaseFor(
  cli: Cli,
  client: Client,
  repository: Awaited<ReturnType<typeof resolveRepository>>,
  onAdded: (codebase: Codebase) => void = () => undefined,
): Promise<Codebase> {
  if ('name' in repository) return client.get<Codebase>(`/v1/codebases/${encodeURIComponent(repository.name)}`)
  return ensureCodebase(client, repository.address, (codebase) => {
    cli.out.note(cli.out.noteStyle('dim', `Added the codebase ${codebase.name} (${codebase.url})`))
    onAdded(codebase)
  })
}
