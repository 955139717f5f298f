import type { Command } from 'commander'
import { codeOf } from '../../lib/errors.ts'
import { addCommand, does, type Cli } from '../cli.ts'
import type { ExitCode } from '../exit-codes.ts'
import { resolveRepository } from '../repository.ts'
import { connectOrStart } from '../service.ts'
import { onInterrupt } from '../signals.ts'
import { createTalk } from '../talk.ts'
import { codebaseFor } from './run.ts'

interface ChatOptions {
  repo?: string
  agent?: string
  conversation?: string
  json?: boolean
}

export function addChatCommand(program: Command, cli: Cli): void {
  addCommand(program, 'chat', {
    about: 'a conversation with an agent, in this terminal; with --json each shown message is a line',
    examples: [
      'drover chat',
      'drover chat --conversation cnv_…',
      'echo "Say what this project is about" | drover chat --repo ../app',
    ],
  })
    .option('--repo <path-or-url>', 'the repository to work on (default: that of the current folder)')
    .option('--agent <name>', 'the agent that works')
    .option('--conversation <id>', 'go on in this one, wherever it was held')
    .action(does(cli, (options: ChatOptions) => chat(cli, options)))
}

async function chat(cli: Cli, { repo, ...options }: ChatOptions): Promise<ExitCode> {
  const repository = options.conversation === undefined ? await findRepository(cli, repo) : undefined
  const service = await connectOrStart(cli)
  try {
    const { client } = service
    const codebase = repository && (await codebaseFor(cli, client, repository))
    const talk = createTalk(cli, client, { ...options, ...(codebase && { codebase: codebase.id }) })
    const stopListening = onInterrupt(talk.interrupt)
    try {
      return await talk.run()
    } finally {
      stopListening()
      await talk.close()
    }
  } finally {
    await service.close()
  }
}

/** None need be there: `/clone` brings one. */
async function findRepository(cli: Cli, repo: string | undefined) {
  const looking = resolveRepository(repo, cli.parts.folder ?? process.cwd())
  if (repo !== undefined) return looking
  return looking.catch((error: unknown) => {
    if (codeOf(error) === 'no-repository') return undefined
    throw error
  })
}
