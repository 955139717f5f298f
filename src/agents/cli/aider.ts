import type { AgentEvent, Ending, FailureClass, Spend } from '../driver.ts'
import { unknownSpend } from '../turn.ts'
import type { Dialect, OutputReader } from './dialect.ts'
import { endingFromExit } from './exit.ts'

/** Read from Aider's source (0.86): no questions, no colours, no network but the model's, its own files in the private home. */
const ARGUMENTS = [
  '--yes-always',
  '--no-pretty',
  '--no-stream',
  '--no-fancy-input',
  '--no-check-update',
  '--no-show-release-notes',
  '--analytics-disable',
  '--no-suggest-shell-commands',
  '--no-detect-urls',
  '--no-show-model-warnings',
  '--no-gitignore',
  // Drover commits what is there when the turn is over.
  '--no-auto-commits',
  '--no-dirty-commits',
  '--map-tokens',
  '1024',
  '--timeout',
  '120',
  '--chat-history-file',
  '{home}/.aider.chat.history.md',
  '--input-history-file',
  '{home}/.aider.input.history',
  '--message-file',
  '{promptFile}',
]

const KEYS = ['OPENROUTER_API_KEY', 'ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'GEMINI_API_KEY']

export const AIDER: Dialect = {
  spend: true,
  command: ({ command, model }) => [...command, ...(model === undefined ? [] : ['--model', '{model}']), ...ARGUMENTS],
  installHint: () => 'Install Aider: `uv tool install aider-chat`.',
  readAuth: (_profile, env) =>
    KEYS.some((name) => env[name])
      ? { auth: 'ok' }
      : { auth: 'missing', hint: `Set one of ${KEYS.join(', ')} and start Drover again.` },
  createReader: createAiderReader,
}

const BANNER =
  /^(Aider v|Main model: |Weak model: |Model: |Editor model: |Git repo: |Repo-map: |Added .* to the chat|Use \/help )/
const TOKENS =
  /^Tokens: ([\d.,]+)(k|M)? sent(?:, ([\d.,]+)(k|M)? cache write)?(?:, ([\d.,]+)(k|M)? cache hit)?, ([\d.,]+)(k|M)? received\.?(?: Cost: \$[\d.]+ message, \$([\d.]+) session)?/
const MODEL_ERROR = /^litellm\.(?:\w+\.)?(\w+)/

/** Its exit code is 0 although the model refused: its own lines are the only truth. */
function createAiderReader(): OutputReader {
  let spend = unknownSpend()
  let edits = 0
  let error: { why: FailureClass; detail: string } | undefined

  const readLine = (line: string): AgentEvent[] => {
    if (BANNER.test(line)) return []
    const tokens = TOKENS.exec(line)
    if (tokens) {
      spend = addTokens(spend, tokens)
      return [{ type: 'spend', total: spend }]
    }
    const [, path] = /^Applied edit to (.+)$/.exec(line) ?? []
    if (path !== undefined) {
      edits += 1
      const files = [{ path, change: 'update' as const }]
      return [{ type: 'tool', id: `edit-${edits}`, kind: 'edit', title: `edit ${path}`, state: 'done', files }]
    }
    const [, sha, subject] = /^Commit ([0-9a-f]{7,40}) (.*)$/.exec(line) ?? []
    if (sha !== undefined) return [{ type: 'tool', id: sha, kind: 'other', title: `commit ${subject}`, state: 'done' }]
    const [, name] = MODEL_ERROR.exec(line) ?? []
    if (name !== undefined) {
      error = { why: classOf(name, line), detail: line }
      return [{ type: 'notice', level: 'warn', code: error.why === 'auth' ? 'auth' : 'other', text: line }]
    }
    if (line.startsWith('Retrying in ')) return [{ type: 'notice', level: 'info', code: 'retry', text: line }]
    if (line.includes('did not conform to the edit format'))
      return [{ type: 'notice', level: 'warn', code: 'other', text: line }]
    return [{ type: 'text', text: `${line}\n` }]
  }

  return {
    readLine,
    judge(exit, lastWords): Ending {
      const ending = endingFromExit(exit, lastWords)
      if (ending.status !== 'done' || !error) return ending
      // It tries again by itself: an error with an edit behind it was overcome.
      return edits > 0 ? ending : { status: 'failed', ...error }
    },
  }
}

/** The names are LiteLLM's exceptions. */
function classOf(name: string, line: string): FailureClass {
  switch (name) {
    case 'AuthenticationError':
    case 'PermissionDeniedError':
      return 'auth'
    case 'RateLimitError':
      return /quota|credit|billing/i.test(line) ? 'quota' : 'rate_limit'
    case 'APIConnectionError':
    case 'Timeout':
      return 'network'
    case 'InternalServerError':
    case 'ServiceUnavailableError':
    case 'APIError':
      return /credit|402/.test(line) ? 'quota' : 'overloaded'
    case 'BadRequestError':
    case 'NotFoundError':
    case 'ContextWindowExceededError':
    case 'UnsupportedParamsError':
      return 'invalid_request'
    case 'ContentPolicyViolationError':
      return 'refusal'
    default:
      return 'other'
  }
}

function addTokens(spend: Spend, match: RegExpExecArray): Spend {
  const [, sent, sentUnit, written, writtenUnit, hit, hitUnit, received, receivedUnit, usd] = match
  const total = {
    ...spend,
    inputTokens: spend.inputTokens + countFrom(sent, sentUnit),
    cacheWriteTokens: spend.cacheWriteTokens + countFrom(written, writtenUnit),
    cacheReadTokens: spend.cacheReadTokens + countFrom(hit, hitUnit),
    outputTokens: spend.outputTokens + countFrom(received, receivedUnit),
  }
  // What Aider calls its session is one process, and so one turn.
  return usd === undefined ? total : { ...total, usd: Number(usd), basis: 'agent' }
}

function countFrom(digits = '0', unit = ''): number {
  const factor = unit === 'k' ? 1000 : unit === 'M' ? 1_000_000 : 1
  return Math.round(Number(digits.replaceAll(',', '')) * factor)
}
