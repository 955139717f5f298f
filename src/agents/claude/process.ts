import { EventEmitter } from 'node:events'
import { messageOf } from '../../lib/errors.ts'
import type { ContainedProcess, Exit, Launch } from '../../lib/process.ts'
import { createPushQueue } from '../../lib/push-queue.ts'
import type { TurnPicture } from '../driver.ts'
import { readMessage, type ClaudeMessage } from './message.ts'
import type { ClaudeSdk, QueryOptions, SpawnedProcess, UserMessage } from './sdk.ts'

export interface ClaudeProcess {
  say(prompt: string, pictures: readonly TurnPicture[]): void
  /** Stops the turn and keeps the process. */
  interrupt(): void
  isRunning(): boolean
  /** Settles when it has ended and all that it told was heard. Never rejects. */
  readonly ended: Promise<{ exit: Exit; lastWords: string }>
  stop(graceMs: number): Promise<void>
}

interface Start {
  sdk: ClaudeSdk
  launch: Launch
  command: readonly string[]
  options: Omit<QueryOptions, 'spawnClaudeCodeProcess' | 'pathToClaudeCodeExecutable'>
  onMessage(message: ClaudeMessage): void
}

const LAST_WORDS = 2000

/** Starts Claude Code by `launch`, and speaks with it through the SDK. Throws nothing: `ended` tells how it went. */
export function startClaude({ sdk, launch, command, options, onMessage }: Start): ClaudeProcess {
  const [file = '', ...fixedArguments] = command
  const prompts = createPushQueue<UserMessage>()
  let child: ContainedProcess | undefined
  let lastWords = ''
  let isRunning = true

  const query = sdk.query({
    prompt: prompts,
    options: {
      ...options,
      pathToClaudeCodeExecutable: file,
      spawnClaudeCodeProcess({ command, args, env, cwd }) {
        child = launch({
          file: command,
          args: [...fixedArguments, ...args],
          env: onlyStrings(env),
          ...(cwd !== undefined && { cwd }),
        })
        child.stderr.setEncoding('utf8').on('data', (text: string) => {
          lastWords = (lastWords + text).slice(-LAST_WORDS)
        })
        return asChildProcess(child)
      },
    },
  })

  const listen = async () => {
    try {
      for await (const raw of query) {
        const message = readMessage(raw)
        if (message) onMessage(message)
      }
    } catch (error) {
      // After a result that is an error the SDK throws it once more. What it throws instead of one is about the process.
      lastWords ||= messageOf(error)
    }
    isRunning = false
    const exit: Exit = (await child?.stop()) ?? { code: null, signal: null }
    return { exit, lastWords }
  }

  const ended = listen()
  return {
    ended,
    isRunning: () => isRunning,
    say: (text, pictures) => prompts.push(userMessage(text, pictures)),
    // It is rejected when the process is gone: then there is nothing to stop.
    interrupt: () => void query.interrupt().catch(() => {}),
    async stop(graceMs) {
      prompts.end()
      await child?.stop(graceMs)
      query.close()
      await ended
    },
  }
}

/** Pictures stand before the words that speak of them: https://platform.claude.com/docs/en/build-with-claude/vision */
function userMessage(text: string, pictures: readonly TurnPicture[]): UserMessage {
  const images = pictures.map(({ mediaType, content }) => ({
    type: 'image' as const,
    source: { type: 'base64' as const, media_type: mediaType, data: Buffer.from(content).toString('base64') },
  }))
  const content = images.length === 0 ? text : [...images, { type: 'text' as const, text }]
  return { type: 'user', message: { role: 'user', content }, parent_tool_use_id: null }
}

function onlyStrings(env: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

/** The SDK listens to one end only: it ends the process by its own closing of stdin, or asks to have it killed. */
function asChildProcess(contained: ContainedProcess): SpawnedProcess {
  const events = new EventEmitter()
  let exit: Exit | undefined
  let wasKilled = false
  // Writing to a process that has just died is no news: its end is told by `exited`.
  contained.stdin.on('error', () => {})
  void contained.exited.then((how) => {
    exit = how
    if (how.error && events.listenerCount('error') > 0) events.emit('error', how.error)
    else events.emit('exit', how.code, how.signal)
  })
  return {
    stdin: contained.stdin,
    stdout: contained.stdout,
    get killed() {
      return wasKilled
    },
    get exitCode() {
      return exit ? (exit.code ?? 1) : null
    },
    kill(signal) {
      wasKilled = true
      void contained.stop(signal === 'SIGKILL' ? 0 : undefined)
      return true
    },
    on: (event, listener) => void events.on(event, listener),
    once: (event, listener) => void events.once(event, listener),
    off: (event, listener) => void events.off(event, listener),
  }
}
