import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import type { Codebase, ConversationWithMessages, Task } from '../../http/wire.ts'
import { answerFrom } from '../answer.ts'
import { addCommand, does, type Cli } from '../cli.ts'
import type { Client } from '../client.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { followTask } from '../follow-task.ts'
import { plainText } from '../../lib/log.ts'
import { questionText } from '../render-event.ts'
import { showEnd } from '../render-task.ts'
import { Refused, tellRefusal } from '../refused.ts'
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
    return await talk(cli, client, { codebase, conversationId: conversation, agent }, json)
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

interface Where {
  codebase: Codebase | undefined
  conversationId: string | null | undefined
  agent: string | undefined
}

async function talk(cli: Cli, client: Client, { codebase, agent, ...first }: Where, json: boolean): Promise<ExitCode> {
  const { out, io } = cli
  const reader = openReader(cli)
  if (out.canAsk) out.note(out.noteStyle('dim', HELP))

  let { conversationId } = first
  let exitCode: ExitCode = EXIT.done
  async function ask(question: NonNullable<Task['question']>) {
    out.note(questionText(question, out))
    const typed = await reader.next()
    return typed === undefined ? undefined : answerFrom(question, typed)
  }
  async function say(prompt: string) {
    const where = conversationId == null ? { codebase: codebase?.id } : { conversationId }
    const started = await client.post<Task>('/v1/tasks', { ...where, agent, prompt })
    conversationId = started.conversationId
    const followed = await followTask(cli, client, started, { quiet: json, ask })
    exitCode = followed.exitCode
    if (json) io.stdout.write(`${JSON.stringify(followed.task)}\n`)
    else showEnd(followed.task, codebase, out)
  }

  for (let line = await reader.next(); line !== undefined; line = await reader.next()) {
    const said = line.trim()
    if (said === '/quit' || said === '/exit') break
    if (said === '/help') out.note(HELP)
    if (said === '' || said === '/help') continue
    await say(said).catch((error: unknown) => {
      // What one message did wrong does not end the conversation.
      if (!(error instanceof Refused)) throw error
      tellRefusal(error, out)
      exitCode = EXIT.wrongUse
    })
  }
  reader.close()
  if (conversationId != null) out.note(out.noteStyle('dim', `Go on with: drover chat --conversation ${conversationId}`))
  return exitCode
}

/** Lines as they are asked for. Those that came before anybody asked are kept: a pipe is faster than an agent. */
function openReader({ io, out }: Cli) {
  const isTerminal = out.canAsk
  const lines = createInterface({ input: io.stdin, ...(isTerminal && { output: io.stderr }), terminal: isTerminal })
  const iterator = lines[Symbol.asyncIterator]()
  let isAsking = false
  // In a terminal readline takes Ctrl-C away from the process: while an agent works, it is meant for the task.
  lines.on('SIGINT', () => (isAsking ? lines.close() : process.emit('SIGINT')))
  return {
    async next(): Promise<string | undefined> {
      isAsking = true
      if (isTerminal) {
        lines.setPrompt(out.noteStyle('cyan', 'you> '))
        lines.prompt()
      }
      const { value, done } = await iterator.next()
      isAsking = false
      return done === true ? undefined : value
    },
    close: () => lines.close(),
  }
}
