/** For tests: the SDK without a model, and a session with it. */
import { readFileSync } from 'node:fs'
import type { Launch } from '../../lib/process.ts'
import { createPushQueue } from '../../lib/push-queue.ts'
import type { AgentEvent, AgentProfile, Ask, Reply, TurnLimits, TurnPicture } from '../driver.ts'
import type { ClaudeSdk, QueryOptions, UserMessage } from './sdk.ts'
import { openClaudeSession } from './session.ts'

/** What is told after a prompt. */
type Answer = Iterable<unknown> | AsyncIterable<unknown>
export type Answers = (prompt: string, options: QueryOptions) => Answer

export interface FakeSdk extends ClaudeSdk {
  /** What each process was started with. */
  started: QueryOptions[]
  /** What it was told. */
  heard: UserMessage['message']['content'][]
  interrupts: number
}

const INTERRUPTED = {
  type: 'result',
  subtype: 'error_during_execution',
  is_error: true,
  terminal_reason: 'aborted_tools',
}

/**
 * Starts the program as the real one does, and says what it is given. The program itself is never asked anything, but the
 * talk ends with it.
 */
function createFakeSdk(answers: Answers): FakeSdk {
  const fake: FakeSdk = {
    started: [],
    heard: [],
    interrupts: 0,
    query({ prompt, options }) {
      fake.started.push(options)
      const { env, cwd, pathToClaudeCodeExecutable: command } = options
      const child = options.spawnClaudeCodeProcess({ command, args: [], env, cwd })
      const told = createPushQueue<unknown>()
      let failure: Error | undefined
      child.once('error', (error) => {
        failure = error as Error
        told.end()
      })
      child.once('exit', (code, signal) => {
        if (code !== 0) failure = new Error(`Claude Code process exited: ${String(code ?? signal)}`)
        told.end()
      })
      const talk = async () => {
        for await (const { message } of prompt) {
          fake.heard.push(message.content)
          for await (const said of answers(textOf(message), options)) told.push(said)
        }
      }
      void talk()
      return {
        async *[Symbol.asyncIterator]() {
          yield* told
          if (failure) throw failure
        },
        // As the real one does when the process ends before it has answered.
        async interrupt() {
          fake.interrupts += 1
          told.push(INTERRUPTED)
          throw new Error('Query closed before response received')
        },
        close: () => void child.kill('SIGTERM'),
      }
    },
  }
  return fake
}

const textOf = ({ content }: UserMessage['message']) =>
  typeof content === 'string' ? content : content.map((part) => ('text' in part ? part.text : '')).join('')

/** What the real Claude Code told: `fixtures/<name>.claude-<version>.jsonl`, with what nobody reads taken out. */
export function recording(name: string): unknown[] {
  const file = new URL(`fixtures/${name}.claude-2.1.330.jsonl`, import.meta.url)
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
}

export const PROFILE: AgentProfile = {
  name: 'claude',
  driver: 'claude',
  title: 'Claude',
  command: ['claude'],
  env: [],
  autonomy: 'full',
  mcpServers: [],
  workerType: 'general',
  network: [],
  limits: { wallMs: 30_000, stallMs: 30_000, outputBytes: 1e6 },
}

/** Does nothing until its input ends. */
const IDLE_PROGRAM = ['/bin/sh', '-c', 'while read -r line; do :; done']

interface Setting {
  launch: Launch
  profile?: Partial<AgentProfile>
  command?: string[]
  reply?(question: Ask): Reply
  loadSdk?(sdk: FakeSdk): Promise<ClaudeSdk>
}

/** A session whose process is real, and does nothing. Nobody answers its questions, unless the setting does. */
export function openFakeSession(answers: Answers, { launch, profile, command, reply, loadSdk }: Setting) {
  const sdk = createFakeSdk(answers)
  const session = openClaudeSession(
    {
      profile: { ...PROFILE, ...profile },
      runId: 'test',
      launch: (started) => launch({ ...started, cwd: '/' }),
      paths: { workspace: '/workspace', home: '/home/agent', state: '/state' },
      env: {},
      mcpServers: [],
    },
    { ask: async (question) => reply?.(question) ?? 'park' },
    command ?? IDLE_PROGRAM,
    async () => loadSdk?.(sdk) ?? sdk,
  )
  const start = (prompt: string, limits: Partial<TurnLimits> = {}, pictures?: TurnPicture[]) =>
    session.turn(prompt, { ...PROFILE.limits, ...limits }, pictures)
  return {
    sdk,
    session,
    start,
    async run(...prompt: Parameters<typeof start>) {
      const turn = start(...prompt)
      const events: AgentEvent[] = []
      for await (const event of turn) events.push(event)
      return { events, outcome: await turn.outcome }
    },
  }
}
