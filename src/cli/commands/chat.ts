import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import type { Conversation, ConversationWithMessages, Task } from '../../http/wire.ts'
import { answerFrom } from '../answer.ts'
import { addCommand, does, type Cli } from '../cli.ts'
import type { Client } from '../client.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { followTask } from '../follow-task.ts'
import { plainText } from '../../lib/log.ts'
import { questionText } from '../render-event.ts'
import { showEnd } from '../render-task.ts'
import { resolveRepository } from '../repository.ts'
import { connectOrStart } from '../service.ts'
import { codebaseFor } from './run.ts'

interface ChatOptions {
  repo?: string
  agent?: string
  conversation?: string
  json?: boolean
}

const HELP = `Write what is to be done. Work of one conversation goes to one branch.
  /help   this
  /quit   leave; the conversation stays (also: Ctrl-D)
Ctrl-C cancels what runs.`

export function addChatCommand(program: Command, cli: Cli): void {
  addCommand(program, 'chat', {
    about: 'a conversation with an agent, in this terminal',
    examples: [
      'drover chat',
      'drover chat --conversation cnv_…',
      'echo "Say what this project is about" | drover chat --repo ../app',
    ],
  })
    .option('--repo <path-or-url>', 'the repository to work on (default: that of the current folder)')
    .option('--agent <name>', 'the agent that works')
    .option('--conversation <id>', 'go on in this one')
    .action(does(cli, (options: ChatOptions) => chat(cli, options)))
}

async function chat(cli: Cli, { repo, agent, conversation, json = false }: ChatOptions): Promise<ExitCode> {
  const repository =
    conversation === undefined ? await resolveRepository(repo, cli.parts.folder ?? process.cwd()) : undefined
  const service = await connectOrStart(cli)
  try {
    const { client } = service
    const codebase = repository && (await codebaseFor(cli, client, repository))
    if (conversation !== undefined) await showHistory(cli, client, conversation)
    const where = codebase ? { codebase: codebase.id } : { conversationId: conversation }
    return await talk(cli, client, { ...where, ...(agent !== undefined && { agent }) }, json)
  } finally {
    await service.close()
  }
}

async function showHistory({ out }: Cli, client: Client, id: string) {
  const found = await client.get<ConversationWithMessages>(`/v1/conversations/${encodeURIComponent(id)}?messages=20`)
  for (const { author, text } of found.messages) {
    out.note(
      `${out.noteStyle(author === 'person' ? 'cyan' : 'green', author === 'person' ? 'you:' : 'agent:')} ${plainText(text)}`,
    )
  }
}

async function talk(cli: Cli, client: Client, first: object, json: boolean): Promise<ExitCode> {
  const { out, io } = cli
  const isTerminal = out.canAsk
  const lines = createInterface({ input: io.stdin, ...(isTerminal && { output: io.stderr }), terminal: isTerminal })
  const reader = readerOf(lines, isTerminal ? out.noteStyle('cyan', 'you> ') : '')
  if (isTerminal) out.note(out.noteStyle('dim', HELP))

  let where = first
  let conversationId: Conversation['id'] | null = null
  let exitCode: ExitCode = EXIT.done
  for (let line = await reader.next(); line !== undefined; line = await reader.next()) {
    const said = line.trim()
    if (said === '/quit' || said === '/exit') break
    if (said === '/help') out.note(HELP)
    if (said === '' || said === '/help') continue
    const started = await client.post<Task>('/v1/tasks', { ...where, prompt: said })
    const followed = await followTask(cli, client, started, {
      quiet: json,
      async ask(question) {
        out.note(questionText(question, out))
        const typed = await reader.next()
        return typed === undefined ? undefined : answerFrom(question, typed)
      },
    })
    if (json) cli.io.stdout.write(`${JSON.stringify(followed.task)}\n`)
    else showEnd(followed.task, undefined, out)
    exitCode = followed.exitCode
    conversationId = started.conversationId
    where = { conversationId }
  }
  lines.close()
  if (conversationId !== null)
    out.note(out.noteStyle('dim', `Go on with: drover chat --conversation ${conversationId}`))
  return exitCode
}

/** Lines as they are asked for. Those that came before anybody asked are kept: a pipe is faster than an agent. */
function readerOf(lines: ReturnType<typeof createInterface>, prompt: string) {
  const iterator = lines[Symbol.asyncIterator]()
  return {
    async next(): Promise<string | undefined> {
      if (prompt !== '') {
        lines.setPrompt(prompt)
        lines.prompt()
      }
      const { value, done } = await iterator.next()
      return done === true ? undefined : value
    },
  }
}
