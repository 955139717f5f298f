/** What the fake model does: a mark in the prompt names its part, and it acts it step by step, with the agent's own tools. */
import { readPicture } from '../../../src/lib/read-picture.ts'
import { asRecord, type Fields, type Heard, type ModelRequest } from './read-request.ts'
import { callFor, type ToolCall, type Wish } from './vendor-tools.ts'

export const REFUSALS = ['refused', 'limited', 'overloaded', 'used-up'] as const
export type Refusal = (typeof REFUSALS)[number]

/** What comes back: words, with the call of a tool behind them; an error; or nothing, for ever. */
export type Answer =
  | { type: 'words'; text: string; call?: ToolCall }
  | { type: 'refusal'; refusal: Refusal }
  | { type: 'silence' }

/** The prompt that makes the model play a part. `detail` is for the part alone: a command, for one. */
export function cue(part: string, detail?: string): string {
  const hidden = detail === undefined ? '' : ` ${Buffer.from(detail).toString('base64url')}`
  return `Please play your part. [[play ${part}${hidden}]]`
}

/** What a person may answer to a question or a permission that was left open. */
const LATE_ANSWERS = /(?:^|[\n>])\s*(Allow|Red)\s*$/

/** Codex goes on while a person thinks: its question comes back at once, and the answer later, as if the person had said it. */
const PENDING = '"accepted":true'
const REPLY = '<send_user_message_question_reply>'

interface Scene {
  part: string
  detail: string
  /** Said since, where the person answered instead of giving a new part. */
  lateAnswer?: string
  /** What the tools said since then. */
  results: string[]
  /** Shown with the part, before or behind its words: what kind each picture is. */
  pictures: string[]
  /** How many parts were given in this session. */
  parts: number
}

export function answerTo({ heard, tools, form }: ModelRequest): Answer {
  const scene = readScene(heard)
  if (!scene) return words('I only know the parts that I was given, and this is none of them.')
  const refusal = REFUSALS.find((name) => name === scene.part)
  if (refusal) return { type: 'refusal', refusal }
  if (scene.part === 'silence') return { type: 'silence' }
  if (form) return words(JSON.stringify(fill(form)))
  const act = actOf(scene)
  if (typeof act === 'string') return words(act)
  const call = callFor(act, tools)
  // Agents have their sessions named by a request beside the real one, which offers no tools.
  return call ? { ...words('I will use a tool for that.'), call } : words('A part without its tool')
}

function words(text: string) {
  return { type: 'words', text } as const
}

/** The next thing to do of a part, or the last words of it. */
function actOf({ part, detail, lateAnswer, results, pictures, parts }: Scene): Wish | string {
  const steps = results.length
  switch (part) {
    case 'hello':
      return 'Hello. I am no model, I only act one, and these words of mine are long enough to come in several pieces.'
    case 'recall':
      return `This is message ${parts} of our session.`
    case 'look':
      return pictures.length === 0 ? 'I see nothing.' : pictures.map((kind) => `I see a picture: ${kind}.`).join(' ')
    case 'write':
      return steps === 0 ? { type: 'write', path: 'notes.md', text: 'hello\n' } : 'That was the file.'
    case 'shell':
      // Gemini tells its client nothing of what a command printed: only its model has seen it.
      return steps === 0 ? { type: 'shell', command: detail } : `The command said: ${results[0]?.slice(0, 4000)}`
    case 'plan':
      if (steps > 1) return 'The plan is done.'
      return {
        type: 'plan',
        steps: [
          { text: 'write the file', state: steps === 0 ? 'active' : 'done' },
          { text: 'read it again', state: steps === 0 ? 'pending' : 'done' },
        ],
      }
    case 'ask':
      if (lateAnswer !== undefined) return `The answer is: ${lateAnswer}`
      if (results[0]?.includes(PENDING) && !results.some((result) => result.includes(REPLY))) {
        return { type: 'shell', command: 'sleep 1' }
      }
      if (steps > 0) return `The answer is: ${results.findLast((result) => result.includes(REPLY)) ?? results.at(-1)}`
      return { type: 'ask', question: 'Which colour?', choices: ['Red', 'Blue'] }
    case 'mcp':
      if (steps > 0) return `The tool said: ${results.at(-1)}`
      return { type: 'mcp', tool: 'repeat', input: { text: detail } }
    default:
      return `I do not know the part “${part}”.`
  }
}

/** Gemini asks its model how hard a prompt is before it asks it the prompt. Whatever fits its form will do. */
function fill({ properties }: Fields): object {
  const fields = Object.entries(asRecord(properties)).map(([name, schema]) => {
    const { type, enum: allowed } = asRecord(schema)
    if (Array.isArray(allowed)) return [name, allowed[0]]
    return [name, /^(integer|number)$/i.test(String(type)) ? 1 : 'as it seems']
  })
  return Object.fromEntries(fields) as object
}

/** By its content: what is said of it might be wrong. */
function kindOf(base64: string): string {
  const picture = readPicture(Buffer.from(base64, 'base64'))
  return picture ? `${picture.mediaType}, ${picture.width} × ${picture.height}` : 'none that can be read'
}

function readScene(heard: readonly Heard[]): Scene | undefined {
  let scene: Scene | undefined
  /** Since the last part was given: some agents send them before its words, some behind. */
  let shown: string[] = []
  for (const said of heard) {
    if (said.from === 'picture') {
      const kind = kindOf(said.base64)
      shown.push(kind)
      scene?.pictures.push(kind)
      continue
    }
    const { from, text } = said
    if (from === 'tool') {
      scene?.results.push(text)
      continue
    }
    const [, part, hidden = ''] = [...text.matchAll(/\[\[play ([\w-]+)(?: ([\w-]*))?\]\]/g)].at(-1) ?? []
    const [, lateAnswer] = LATE_ANSWERS.exec(text) ?? []
    if (part !== undefined) {
      const detail = Buffer.from(hidden, 'base64url').toString()
      scene = { part, detail, results: [], pictures: shown, parts: (scene?.parts ?? 0) + 1 }
      shown = []
    } else if (lateAnswer !== undefined && scene) scene = { ...scene, lateAnswer, results: [] }
    else if (text.includes(REPLY)) scene?.results.push(text)
  }
  return scene
}
