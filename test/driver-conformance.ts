/**
 * What the driver contract means, in cases. Each case runs against every agent in every place where agents can run;
 * one that asks for something that an agent cannot do is listed as such.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import type {
  AgentEvent,
  AgentProfile,
  Ask,
  Autonomy,
  Capabilities,
  Driver,
  Outcome,
  Reply,
  Turn,
  TurnLimits,
} from '../src/agents/driver.ts'
import type { Launch } from '../src/lib/process.ts'

/** What can be wished from an agent, and how this agent is told. */
export interface Prompts {
  hello: string
  /** Writes "hello\n" to notes.md. */
  edit: string
  /** Runs `sleep <seconds>` as a child. */
  sleep(seconds: string): string
  refused: string
  crash: string
  flood: string
  environment: string
  plan?: string
  /** Asks one question with the choices Red and Blue, and says the answer. */
  ask?: string
  /** Says how many messages it remembers, as "message N". */
  recall?: string
}

export interface Subject {
  name: string
  driver: Driver
  profile: AgentProfile
  prompts: Prompts
}

/** Where an agent runs: one workspace and one home. */
export interface Place {
  /** Of the workspace, on the host. */
  folder: string
  paths: { workspace: string; home: string; state: string }
  launch: Launch
  env: Record<string, string>
}

interface Wish {
  prompt: string
  autonomy?: Autonomy
  limits?: Partial<TurnLimits>
  resume?: string | null
  profile?: Partial<AgentProfile>
  answer?(question: Ask): Promise<Reply> | Reply
  /** Runs beside the turn. */
  meanwhile?(turn: Turn): Promise<void>
}

export interface Played {
  outcome: Outcome
  events: AgentEvent[]
  questions: Ask[]
}

const LIMITS: TurnLimits = { wallMs: 120_000, stallMs: 60_000, outputBytes: 2 * 2 ** 20 }

/** One turn in a process of its own, from open to close. */
export async function play({ driver, profile }: Subject, place: Place, wish: Wish): Promise<Played> {
  const questions: Ask[] = []
  const events: AgentEvent[] = []
  const { folder: _, ...where } = place
  const session = await driver.open(
    {
      ...where,
      profile: { ...profile, autonomy: wish.autonomy ?? 'full', ...wish.profile },
      runId: 'conformance',
      mcpServers: [],
      ...(wish.resume && { resume: wish.resume }),
    },
    {
      async ask(question) {
        questions.push(question)
        return (await wish.answer?.(question)) ?? 'park'
      },
    },
  )
  const turn = session.turn(wish.prompt, { ...LIMITS, ...wish.limits })
  const meanwhile = wish.meanwhile?.(turn)
  for await (const event of turn) events.push(event)
  await meanwhile
  const outcome = await turn.outcome
  await session.close()
  return { outcome, events, questions }
}

export interface Case {
  name: string
  /** What an agent must be able to do for it. */
  needs?: keyof Capabilities
  check: (subject: Subject, place: Place) => Promise<void>
}

const choose = (effect: Ask['choices'][number]['effect']) => (question: Ask) => ({
  choose: question.choices.find((choice) => choice.effect === effect)?.id ?? '',
})
const toolsOf = ({ events }: Played) => events.filter((event) => event.type === 'tool')
const notesIn = (place: Place) => readFile(join(place.folder, 'notes.md'), 'utf8').catch(() => undefined)

/** Processes of this machine whose command line has this word in it; zombies have none. */
function processesWith(word: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(word)
      } catch {
        return false
      }
    })
}

/** A number of seconds that no other process sleeps. */
const rareSeconds = () => `6${Math.floor(Math.random() * 1e9)}.5`

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
    name: 'really changes a file of the workspace',
    async check(subject, place) {
      const { outcome } = await play(subject, place, { prompt: subject.prompts.edit })
      expect(outcome.status).toBe('done')
      expect(await notesIn(place)).toBe('hello\n')
    },
  },
  {
    name: 'tells the resume token first, and the outcome has it too',
    needs: 'resume',
    async check(subject, place) {
      const { outcome, events } = await play(subject, place, { prompt: subject.prompts.hello })
      expect(events[0]).toMatchObject({ type: 'session', resume: outcome.resume })
    },
  },
  {
    name: 'shows the tool that changed a file, with the file’s path within the workspace',
    needs: 'permissions',
    async check(subject, place) {
      const played = await play(subject, place, { prompt: subject.prompts.edit })
      const [first, last] = [toolsOf(played).at(0), toolsOf(played).at(-1)]
      expect(first).toMatchObject({ kind: 'edit', files: [{ path: 'notes.md', newText: 'hello\n' }] })
      expect(last).toMatchObject({ id: first?.id, state: 'done', files: [{ path: 'notes.md' }] })
    },
  },
  {
    name: 'shows its plan, done at the end',
    needs: 'plan',
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
    name: 'ends as parked when nobody allows it, and goes on in a new process with the answer',
    needs: 'permissions',
    async check(subject, place) {
      const { prompts } = subject
      const parked = await play(subject, place, { prompt: prompts.edit, autonomy: 'ask', answer: () => 'park' })
      expect(parked.outcome).toMatchObject({ status: 'parked', question: { kind: 'permission' } })
      expect(await notesIn(place)).toBeUndefined()
      const { resume } = parked.outcome
      const resumed = await play(subject, place, { prompt: 'Allow', autonomy: 'ask', resume, answer: choose('allow') })
      expect(resumed.outcome.status).toBe('done')
      expect(await notesIn(place)).toBe('hello\n')
    },
  },
  {
    name: 'puts a question to a person and uses the answer',
    needs: 'questions',
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
    async check(subject, place) {
      const prompt = subject.prompts.ask ?? ''
      const played = await play(subject, place, { prompt, answer: () => ({ text: 'Green, please' }) })
      expect(played.outcome.text).toContain('Green, please')
    },
  },
  {
    name: 'ends as parked when nobody answers its question, and goes on in a new process with the answer',
    needs: 'questions',
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
          while (processesWith(seconds).length === 0) await delay(20)
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
    name: 'fails as crashed when its process dies',
    async check(subject, place) {
      const { outcome } = await play(subject, place, { prompt: subject.prompts.crash })
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
      const wish = { prompt: subject.prompts.sleep(seconds), limits: { stallMs: 2000 } }
      const { outcome } = await play(subject, place, wish)
      expect(outcome).toMatchObject({ status: 'failed', why: 'stalled' })
      expect(processesWith(seconds)).toEqual([])
    },
  },
  {
    name: 'is ended by the wall clock, and no process is left',
    async check(subject, place) {
      const seconds = rareSeconds()
      const wish = { prompt: subject.prompts.sleep(seconds), limits: { wallMs: 2000 } }
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
]
