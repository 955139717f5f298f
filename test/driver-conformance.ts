/**
 * What the driver contract means, in cases. Each case runs against every agent in every place where agents can run;
 * one that asks for something that an agent cannot do is listed as such.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import type {
  AgentEvent,
  AgentProfile,
  Ask,
  Autonomy,
  Capabilities,
  Driver,
  McpServer,
  Outcome,
  Reply,
  Turn,
  TurnLimits,
  TurnPicture,
} from '../src/agents/driver.ts'
import type { Launch } from '../src/lib/process.ts'
import { placePicture, processesWith, processWithSecret, rareSeconds, SNOOP, untilRunning } from './conformance-kit.ts'

/** What can be wished from an agent, and how this agent is told. */
export interface Prompts {
  hello: string
  /** Writes "hello\n" to notes.md. */
  edit: string
  /** Runs `sleep <seconds>` as a child. */
  sleep(seconds: string): string
  refused: string
  /** Makes its process die. Left out: it is killed while it sleeps. */
  crash?: string
  flood: string
  environment: string
  /** Runs this line of a shell, which prints little and quickly. */
  shell?(line: string): string
  plan?: string
  /** Asks one question with the choices Red and Blue, and says the answer. */
  ask?: string
  /** Says how many messages it remembers, as "message N". */
  recall?: string
  /** Says “picture: ”, and what kind it is, of each picture that came with it. */
  look?: string
  /** Has the tool `repeat` of the MCP server say this word, and says what it said. */
  repeat?(word: string): string
  /** The model's provider is asked too often. */
  limited?: string
  /** The model's provider has too much to do. */
  overloaded?: string
  /** The account may use no more; `until` where the vendor tells its agent when that ends. */
  usedUp?: { prompt: string; until?: string }
  /** The model's provider takes the request and never answers. */
  silence?: string
}

export interface Subject {
  name: string
  driver: Driver
  profile: AgentProfile
  prompts: Prompts
  /** How it finds its model, where it has one. `doorUrl`: of the sandbox. */
  env?(doorUrl: string): Record<string, string>
  /** How long it may be silent while it starts. Left out: two seconds. */
  startMs?: number
}

/** Where an agent runs: one workspace and one home. */
export interface Place {
  /** Of the workspace, on the host. */
  folder: string
  paths: { workspace: string; home: string; state: string }
  isFenced: boolean
  runId: string
  launch: Launch
  env: Record<string, string>
  /** Something of Drover's own, which no agent may read. */
  secretFile: string
  /** A server that the agent may use, and what its tool was called with. */
  mcp: { server: McpServer; calls: readonly string[] }
  /** SIGKILL to everything that was launched here. */
  killAgent(): Promise<void>
  /** Kills what bears the run's mark, anywhere on this machine; returns how many that were. */
  killLeftovers(): Promise<number>
}

interface Wish {
  prompt: string
  autonomy?: Autonomy
  limits?: Partial<TurnLimits>
  resume?: string | null
  profile?: Partial<AgentProfile>
  mcpServers?: McpServer[]
  pictures?: TurnPicture[]
  /** A prompt before this one, in the same session. */
  before?: string
  answer?(question: Ask): Promise<Reply> | Reply
  /** Runs beside the turn. */
  meanwhile?(turn: Turn): Promise<void>
}

/** All of a place that a session is told of. */
export type SessionPlace = Pick<Place, 'paths' | 'launch' | 'env' | 'runId'>

export interface Played {
  outcome: Outcome
  events: AgentEvent[]
  questions: Ask[]
}

/** Agents try again by themselves. Whoever does so for longer than this says too late what is wrong. */
const SHORT_STALL = { stallMs: 30_000 }
const LIMITS: TurnLimits = { wallMs: 120_000, stallMs: 60_000, outputBytes: 2 * 2 ** 20 }

/** One turn in a process of its own, from open to close. */
export async function play({ driver, profile }: Subject, place: SessionPlace, wish: Wish): Promise<Played> {
  const questions: Ask[] = []
  const events: AgentEvent[] = []
  const { paths, launch, env, runId } = place
  const session = await driver.open(
    {
      paths,
      launch,
      env,
      runId,
      profile: { ...profile, autonomy: wish.autonomy ?? 'full', ...wish.profile },
      mcpServers: wish.mcpServers ?? [],
      ...(wish.resume && { resume: wish.resume }),
    },
    {
      async ask(question) {
        questions.push(question)
        return (await wish.answer?.(question)) ?? 'park'
      },
    },
  )
  if (wish.before !== undefined) await endOf(session.turn(wish.before, LIMITS))
  const turn = session.turn(wish.prompt, { ...LIMITS, ...wish.limits }, wish.pictures)
  const meanwhile = wish.meanwhile?.(turn)
  for await (const event of turn) events.push(event)
  await meanwhile
  const outcome = await turn.outcome
  await session.close()
  return { outcome, events, questions }
}

async function endOf(turn: Turn): Promise<Outcome> {
  for await (const _ of turn);
  return turn.outcome
}

export interface Case {
  name: string
  /** What an agent must be able to do for it. */
  needs?: keyof Capabilities
  /** What it must be possible to wish from it. */
  prompt?: keyof Prompts
  /** Does not hold without a fence. */
  needsFence?: true
  check: (subject: Subject, place: Place) => Promise<void>
}

export const NEEDS_FENCE = 'does not hold without a fence'

/** Why a case does not apply to this agent in this place; undefined where it does. */
export function whyNot(theCase: Case, { driver, prompts }: Subject, isFenced: boolean): string | undefined {
  const { needs, prompt, needsFence } = theCase
  if (needs && !driver.capabilities[needs]) return `does not apply: it has no ${needs}`
  if (prompt && prompts[prompt] === undefined) return `does not apply: it cannot be told to play “${prompt}”`
  return needsFence && !isFenced ? NEEDS_FENCE : undefined
}

const choose = (effect: Ask['choices'][number]['effect']) => (question: Ask) => ({
  choose: question.choices.find((choice) => choice.effect === effect)?.id ?? '',
})
const toolsOf = ({ events }: Played) => events.filter((event) => event.type === 'tool')
const notesIn = (place: Place) => readFile(join(place.folder, 'notes.md'), 'utf8').catch(() => undefined)

export const CASES: Case[] = [
  {
    name: 'answers a greeting, and the pieces of its answer join to the text of the outcome',
    async check(subject, place) {
      const { outcome, events } = await play(subject, place, { prompt: subject.prompts.hello })
      expect(outcome).toMatchObject({ status: 'done', text: expect.stringMatching(/hello/i) })
      const pieces = events.map((event) => (event.type === 'text' ? event.text : ''))
      expect(pieces.join('')).toBe(outcome.text)
    },
  },
  {
    name: 'tells its answer in pieces',
    needs: 'pieces',
    async check(subject, place) {
      const { outcome, events } = await play(subject, place, { prompt: subject.prompts.hello })
      const pieces = events.filter((event) => event.type === 'text')
      expect(pieces.length).toBeGreaterThan(1)
      for (const { text } of pieces) expect(text.length).toBeLessThan(outcome.text.length)
    },
  },
  {
    name: 'really changes a file of the workspace',
    async check(subject, place) {
      const { outcome } = await play(subject, place, { prompt: subject.prompts.edit })
      expect(outcome.status).toBe('done')
      expect(await notesIn(place)).toBe('hello\n')
    },
  },
  {
    name: 'tells the resume token first, and the outcome has the last that it told',
    needs: 'resume',
    async check(subject, place) {
      const { outcome, events } = await play(subject, place, { prompt: subject.prompts.hello })
      expect(events[0]).toMatchObject({ type: 'session' })
      const last = events.findLast((event) => event.type === 'session')
      expect(last?.resume).toMatch(/./)
      expect(outcome.resume).toBe(last?.resume)
    },
  },
  {
    name: 'shows the tool that changed a file, with the file’s path within the workspace',
    needs: 'permissions',
    async check(subject, place) {
      const tools = toolsOf(await play(subject, place, { prompt: subject.prompts.edit }))
      const [first] = tools
      expect(tools).toContainEqual(
        expect.objectContaining({
          kind: 'edit',
          files: [expect.objectContaining({ path: 'notes.md', newText: 'hello\n' })],
        }),
      )
      expect(tools.at(-1)).toMatchObject({ id: first?.id, kind: 'edit', state: 'done', files: [{ path: 'notes.md' }] })
    },
  },
  {
    name: 'shows its plan, done at the end',
    needs: 'plan',
    prompt: 'plan',
    async check(subject, place) {
      const { events } = await play(subject, place, { prompt: subject.prompts.plan ?? '' })
      const plans = events.filter((event) => event.type === 'plan')
      expect(plans[0]?.items.map(({ state }) => state)).toContain('active')
      expect(plans.at(-1)?.items.every(({ state }) => state === 'done')).toBe(true)
    },
  },
  {
    name: 'says what it spent, and "unknown" instead of nothing',
    async check(subject, place) {
      const { outcome } = await play(subject, place, { prompt: subject.prompts.edit })
      if (subject.driver.capabilities.spend) expect(outcome.spend.inputTokens).toBeGreaterThan(0)
      else expect(outcome.spend).toMatchObject({ usd: null, basis: 'unknown' })
    },
  },
  {
    name: 'asks before it changes a file, and changes it once allowed',
    needs: 'permissions',
    async check(subject, place) {
      const { prompts } = subject
      const played = await play(subject, place, { prompt: prompts.edit, autonomy: 'ask', answer: choose('allow') })
      expect(played.questions).toMatchObject([{ kind: 'permission', toolKind: 'edit', files: [{ path: 'notes.md' }] }])
      expect(await notesIn(place)).toBe('hello\n')
    },
  },
  {
    name: 'leaves the file alone when a person says no, and the tool is shown as denied',
    needs: 'permissions',
    async check(subject, place) {
      const { prompts } = subject
      const played = await play(subject, place, { prompt: prompts.edit, autonomy: 'ask', answer: choose('deny') })
      expect(await notesIn(place)).toBeUndefined()
      expect(toolsOf(played).at(-1)?.state).toBe('denied')
    },
  },
  {
    name: 'ends as parked when nobody allows it, and goes on in a new process with the answer where it has resume',
    needs: 'permissions',
    async check(subject, place) {
      const { prompts } = subject
      const parked = await play(subject, place, { prompt: prompts.edit, autonomy: 'ask', answer: () => 'park' })
      expect(parked.outcome).toMatchObject({ status: 'parked', question: { kind: 'permission' } })
      expect(await notesIn(place)).toBeUndefined()
      if (!subject.driver.capabilities.resume) return
      const { resume } = parked.outcome
      const resumed = await play(subject, place, { prompt: 'Allow', autonomy: 'ask', resume, answer: choose('allow') })
      expect(resumed.outcome.status).toBe('done')
      expect(await notesIn(place)).toBe('hello\n')
    },
  },
  {
    name: 'puts a question to a person and uses the answer',
    needs: 'questions',
    prompt: 'ask',
    async check(subject, place) {
      const prompt = subject.prompts.ask ?? ''
      const played = await play(subject, place, { prompt, answer: () => ({ choose: 'Blue' }) })
      expect(played.questions[0]?.choices.map(({ label }) => label)).toEqual(['Red', 'Blue'])
      expect(played.outcome).toMatchObject({ status: 'done', text: expect.stringContaining('Blue') })
    },
  },
  {
    name: 'takes an answer in a person’s own words',
    needs: 'questions',
    prompt: 'ask',
    async check(subject, place) {
      const prompt = subject.prompts.ask ?? ''
      const played = await play(subject, place, { prompt, answer: () => ({ text: 'Green, please' }) })
      expect(played.outcome.text).toContain('Green, please')
    },
  },
  {
    name: 'ends as parked when nobody answers its question, and goes on in a new process with the answer',
    needs: 'questions',
    prompt: 'ask',
    async check(subject, place) {
      const parked = await play(subject, place, { prompt: subject.prompts.ask ?? '', answer: () => 'park' })
      expect(parked.outcome).toMatchObject({ status: 'parked', question: { kind: 'question' } })
      const resumed = await play(subject, place, { prompt: 'Red', resume: parked.outcome.resume })
      expect(resumed.outcome).toMatchObject({ status: 'done', text: expect.stringContaining('Red') })
    },
  },
  {
    name: 'is cancelled while it waits for an answer, and takes the next prompt for a new one',
    needs: 'questions',
    prompt: 'ask',
    async check(subject, place) {
      let isAsked = () => {}
      const asked = new Promise<void>((resolve) => {
        isAsked = resolve
      })
      const cancelled = await play(subject, place, {
        prompt: subject.prompts.ask ?? '',
        answer() {
          isAsked()
          return new Promise(() => {})
        },
        meanwhile: async (turn) => asked.then(() => turn.cancel()),
      })
      expect(cancelled.outcome.status).toBe('cancelled')
      const next = await play(subject, place, { prompt: subject.prompts.hello, resume: cancelled.outcome.resume })
      expect(next.outcome).toMatchObject({ status: 'done', text: expect.stringMatching(/hello/i) })
    },
  },
  {
    name: 'remembers its session in a new process, twice in a row',
    needs: 'resume',
    prompt: 'recall',
    async check(subject, place) {
      const first = await play(subject, place, { prompt: subject.prompts.hello })
      const recall = { prompt: subject.prompts.recall ?? '' }
      const second = await play(subject, place, { ...recall, resume: first.outcome.resume })
      expect(second.outcome.text).toContain('message 2')
      const third = await play(subject, place, { ...recall, resume: second.outcome.resume })
      expect(third.outcome.text).toContain('message 3')
    },
  },
  {
    name: 'takes a second prompt in the same session, and remembers the first',
    needs: 'resume',
    prompt: 'recall',
    async check(subject, place) {
      const { hello, recall = '' } = subject.prompts
      const { outcome } = await play(subject, place, { before: hello, prompt: recall })
      expect(outcome).toMatchObject({ status: 'done', text: expect.stringContaining('message 2') })
    },
  },
  {
    name: 'goes on with the whole session from the token of an earlier turn',
    needs: 'resume',
    prompt: 'recall',
    async check(subject, place) {
      const { hello, recall = '' } = subject.prompts
      const first = await play(subject, place, { prompt: hello })
      const { resume } = first.outcome
      await play(subject, place, { prompt: hello, resume })
      // Whoever crashes before it has stored the last token has only this one.
      const third = await play(subject, place, { prompt: recall, resume })
      expect(third.outcome.text).toContain('message 3')
    },
  },
  {
    name: 'fails as session_lost when it does not know the session',
    needs: 'resume',
    async check(subject, place) {
      const resume = '00000000-0000-4000-8000-000000000000'
      const { outcome } = await play(subject, place, { prompt: subject.prompts.hello, resume })
      expect(outcome).toMatchObject({ status: 'failed', why: 'session_lost' })
    },
  },
  {
    name: 'is cancelled within seconds, and no process is left',
    async check(subject, place) {
      const seconds = rareSeconds()
      let cancelledAt = Infinity
      const { outcome } = await play(subject, place, {
        prompt: subject.prompts.sleep(seconds),
        async meanwhile(turn) {
          await untilRunning(seconds, turn)
          cancelledAt = Date.now()
          turn.cancel()
        },
      })
      expect(outcome.status).toBe('cancelled')
      expect(Date.now() - cancelledAt).toBeLessThan(10_000)
      expect(processesWith(seconds)).toEqual([])
    },
  },
  {
    name: 'fails as auth when the model’s provider refuses the key',
    async check(subject, place) {
      const { outcome } = await play(subject, place, { prompt: subject.prompts.refused })
      expect(outcome).toMatchObject({ status: 'failed', why: 'auth' })
    },
  },
  {
    name: 'fails as rate_limit when the model’s provider is asked too often',
    prompt: 'limited',
    async check(subject, place) {
      const { outcome } = await play(subject, place, { prompt: subject.prompts.limited ?? '', limits: SHORT_STALL })
      expect(outcome).toMatchObject({ status: 'failed', why: 'rate_limit' })
    },
  },
  {
    name: 'fails as overloaded when the model’s provider has too much to do',
    prompt: 'overloaded',
    async check(subject, place) {
      const { outcome } = await play(subject, place, { prompt: subject.prompts.overloaded ?? '', limits: SHORT_STALL })
      expect(outcome).toMatchObject({ status: 'failed', why: 'overloaded' })
    },
  },
  {
    name: 'fails as quota when the account is used up, and says until when where its vendor tells',
    prompt: 'usedUp',
    async check(subject, place) {
      const { prompt = '', until } = subject.prompts.usedUp ?? {}
      const { outcome } = await play(subject, place, { prompt, limits: SHORT_STALL })
      expect(outcome).toMatchObject({ status: 'failed', why: 'quota', ...(until !== undefined && { until }) })
    },
  },
  {
    name: 'fails as crashed when its process dies',
    async check(subject, place) {
      const { crash, sleep } = subject.prompts
      const seconds = rareSeconds()
      const { outcome } = await play(subject, place, {
        prompt: crash ?? sleep(seconds),
        async meanwhile(turn) {
          if (crash !== undefined) return
          await untilRunning(seconds, turn)
          await place.killAgent()
        },
      })
      expect(outcome).toMatchObject({ status: 'failed', why: 'crashed' })
    },
  },
  {
    name: 'fails as not_installed when its program is not there',
    async check(subject, place) {
      const profile = { command: ['/nowhere/no-such-agent'] }
      const { outcome } = await play(subject, place, { prompt: subject.prompts.hello, profile })
      expect(outcome).toMatchObject({ status: 'failed', why: 'not_installed' })
    },
  },
  {
    name: 'fails as stalled when it gives no sign of life, and no process is left',
    async check(subject, place) {
      const seconds = rareSeconds()
      const wish = { prompt: subject.prompts.sleep(seconds), limits: { stallMs: subject.startMs ?? 2000 } }
      const { outcome } = await play(subject, place, wish)
      expect(outcome).toMatchObject({ status: 'failed', why: 'stalled' })
      expect(processesWith(seconds)).toEqual([])
    },
  },
  {
    name: 'fails as stalled when its model never answers',
    prompt: 'silence',
    async check(subject, place) {
      const wish = { prompt: subject.prompts.silence ?? '', limits: { stallMs: subject.startMs ?? 2000 } }
      const { outcome } = await play(subject, place, wish)
      expect(outcome).toMatchObject({ status: 'failed', why: 'stalled' })
    },
  },
  {
    name: 'is ended by the wall clock, and no process is left',
    async check(subject, place) {
      const seconds = rareSeconds()
      const wish = { prompt: subject.prompts.sleep(seconds), limits: { wallMs: subject.startMs ?? 2000 } }
      const { outcome } = await play(subject, place, wish)
      expect(outcome).toMatchObject({ status: 'limit', limit: 'wall' })
      expect(processesWith(seconds)).toEqual([])
    },
  },
  {
    name: 'may print 20 MB: what is kept of it stays under the cap',
    async check(subject, place) {
      const { outcome, events } = await play(subject, place, { prompt: subject.prompts.flood })
      expect(['done', 'limit']).toContain(outcome.status)
      const kept = events.map((event) => (event.type === 'tool' ? { ...event, fullOutput: undefined } : event))
      expect(JSON.stringify(kept).length).toBeLessThan(2.2 * 2 ** 20)
    },
  },
  {
    name: 'does not see a secret of Drover’s own environment',
    async check(subject, place) {
      const { outcome, events } = await play(subject, place, { prompt: subject.prompts.environment })
      expect(outcome.status).toBe('done')
      const told = JSON.stringify(events)
      expect(told).toContain('PATH=')
      expect(told).not.toContain('conformance-secret')
    },
  },
  {
    name: 'finds no secret in other processes, nor in Drover’s home',
    prompt: 'shell',
    needsFence: true,
    async check(subject, place) {
      const prompt = subject.prompts.shell?.(SNOOP(place.secretFile)) ?? ''
      using _ = processWithSecret()
      const { outcome, events } = await play(subject, place, { prompt })
      expect(outcome.status).toBe('done')
      const told = JSON.stringify(events)
      expect(told).toContain('looked everywhere')
      expect(told).not.toContain('conformance-secret')
    },
  },
  {
    name: 'uses a tool of an MCP server over HTTP',
    needs: 'mcp',
    prompt: 'repeat',
    async check(subject, place) {
      const prompt = subject.prompts.repeat?.('blue4711') ?? ''
      const { outcome } = await play(subject, place, { prompt, mcpServers: [place.mcp.server] })
      expect(place.mcp.calls).toEqual(['blue4711'])
      expect(outcome).toMatchObject({ status: 'done', text: expect.stringContaining('repeated blue4711') })
    },
  },
  {
    name: 'shows its model the pictures of a prompt, in a new session and in a resumed one',
    needs: 'images',
    prompt: 'look',
    async check(subject, place) {
      const prompt = subject.prompts.look ?? ''
      const pictures = [await placePicture(place)]
      const first = await play(subject, place, { prompt, pictures })
      expect(first.outcome).toMatchObject({ status: 'done', text: expect.stringContaining('picture: image/png') })
      if (!subject.driver.capabilities.resume) return
      const { resume } = first.outcome
      const none = await play(subject, place, { prompt: subject.prompts.hello, resume })
      const next = await play(subject, place, { prompt, pictures, resume: none.outcome.resume })
      expect(next.outcome).toMatchObject({ status: 'done', text: expect.stringContaining('picture: image/png') })
    },
  },
  {
    name: 'leaves no process behind when its session is closed',
    async check(subject, place) {
      const { shell, hello } = subject.prompts
      const seconds = rareSeconds()
      const daemon = `setsid sleep ${seconds} < /dev/null > /dev/null 2>&1 & echo started`
      const { outcome } = await play(subject, place, { prompt: shell?.(daemon) ?? hello })
      expect(outcome.status).toBe('done')
      expect(processesWith(seconds)).toEqual([])
      expect(await place.killLeftovers()).toBe(0)
    },
  },
  {
    name: 'says beforehand what it cannot do of what a profile wants',
    async check({ driver, profile }) {
      const { permissions, mcp } = driver.capabilities
      const server = { name: 'tools', url: 'http://127.0.0.1/mcp', headers: {} }
      const plain = driver.shortcomings({ ...profile, autonomy: 'full', mcpServers: [] })
      const asking = driver.shortcomings({ ...profile, autonomy: 'ask', mcpServers: [] })
      const tooled = driver.shortcomings({ ...profile, autonomy: 'full', mcpServers: [server] })
      expect(asking.length > plain.length).toBe(!permissions)
      expect(tooled.length > plain.length).toBe(!mcp)
      for (const sentence of [...plain, ...asking, ...tooled]) expect(sentence).toMatch(/^[A-Z].* .*\.$/)
    },
  },
]
