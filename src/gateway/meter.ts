import { StringDecoder } from 'node:string_decoder'
import { READERS, type Told, type Usage } from './usage.ts'
import type { ApiShape } from './vendors.ts'

/** Some four characters of English or code make a token. */
const CHARACTERS_A_TOKEN = 4
/** Bytes; what is longer is no text. */
const LONGEST_WORD = 512

export interface Total {
  /** Undefined where the vendor did not say. */
  model: string | undefined
  usage: Usage
}

/** Reads along while an answer passes. */
export interface Meter {
  read(chunk: Buffer): void
  /** The answer came to its end. */
  end(): void
  /** The vendor said that this is all; the bytes may still say more. */
  readonly ended: boolean
  /**
   * Undefined where the vendor failed before it did anything. Of an answer that broke off, or that tells no tokens, the
   * missing ones are estimated: the input as `tokensAsked` says, the output by what was written.
   */
  total(tokensAsked: () => number): Total | undefined
}

export function createMeter(shape: ApiShape, contentType: string | undefined): Meter {
  let model: string | undefined
  let usage: Partial<Usage> = {}
  let isTotal = false
  let written = 0
  let ended = false
  let failed = false

  function note(told: Told) {
    model = told.model ?? model
    usage = { ...usage, ...told.usage }
    if (told.usage) isTotal = !told.begins
    written += lengthOf(told.written)
    ended ||= told.ended ?? false
    failed ||= told.failed ?? false
  }

  const isStream = contentType?.includes('text/event-stream') ?? false
  const lines = createLines((line) => {
    if (!line.startsWith('data:')) return
    const data = line.slice('data:'.length).trim()
    if (data === '[DONE]') ended = true
    else note(READERS[shape](parsed(data)))
  })
  const whole: Buffer[] = []

  return {
    get ended() {
      return ended
    },
    read(chunk) {
      if (isStream) lines.add(chunk)
      else whole.push(chunk)
    },
    end() {
      if (isStream) lines.end()
      // Gemini streams without `alt=sse` are one array of pieces.
      else for (const piece of [parsed(Buffer.concat(whole).toString())].flat()) note(READERS[shape](piece))
    },
    total(tokensAsked) {
      const { inputTokens = 0, outputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0 } = usage
      const asked = inputTokens + cacheReadTokens + cacheWriteTokens
      if (failed && asked === 0) return undefined
      const seen = isStream ? written : Buffer.concat(whole).length
      return {
        model,
        usage: {
          inputTokens: asked > 0 ? inputTokens : tokensAsked(),
          outputTokens: isTotal ? outputTokens : Math.max(outputTokens, tokensOf(seen)),
          cacheReadTokens,
          cacheWriteTokens,
          cacheWriteHourTokens: usage.cacheWriteHourTokens ?? 0,
          reasoningTokens: usage.reasoningTokens ?? 0,
          ...(usage.tier !== undefined && { tier: usage.tier }),
          ...(usage.usd !== undefined && { usd: usage.usd }),
        },
      }
    },
  }
}

/** Estimates what a request holds. Long runs of base64 are pictures and files, which cost far less than their length. */
export function estimateTokens(body: Buffer): number {
  let counted = 0
  let run = 0
  // A loop, for a regular expression would take the square of what a hostile agent sends.
  for (const byte of body) {
    if (isBase64(byte)) {
      run += 1
      continue
    }
    counted += run < LONGEST_WORD ? run + 1 : 1
    run = 0
  }
  return tokensOf(counted + (run < LONGEST_WORD ? run : 0))
}

const isBase64 = (byte: number) =>
  (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x2b && byte <= 0x39) || byte === 0x3d

const tokensOf = (characters: number) => Math.ceil(characters / CHARACTERS_A_TOKEN)

/** How much text is in a piece of JSON, wherever a vendor puts it. */
function lengthOf(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 0
  return Object.values(value).reduce((sum: number, one) => sum + lengthOf(one), 0)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A vendor's mistake is passed on as it is, and counted as nothing told.
    return undefined
  }
}

/** Lines out of chunks that end anywhere, in the middle of a character too. */
function createLines(onLine: (line: string) => void) {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  return {
    add(chunk: Buffer) {
      const [first = '', ...others] = decoder.write(chunk).split(/\r\n|\n|\r/)
      rest += first
      for (const piece of others) {
        onLine(rest)
        rest = piece
      }
    },
    end() {
      onLine(rest + decoder.end())
      rest = ''
    },
  }
}
