/** Everything in this folder but `bundled.ts` runs inside the fence, where it sees nothing of Drover but this folder. */

export type Step =
  | { verb: 'say'; text: string }
  | { verb: 'plan'; items: string[] }
  | { verb: 'write' | 'append'; path: string; text: string }
  | { verb: 'replace'; path: string; oldText: string; newText: string }
  | { verb: 'run'; command: string }
  | { verb: 'call'; server: string; tool: string; input: Record<string, unknown> }
  | { verb: 'ask'; question: string; choices: string[] }
  | { verb: 'sleep'; ms: number }
  | { verb: 'fail'; failure: Failure; once: boolean }
  | { verb: 'recall' }
  | { verb: 'files' }

export type Verb = Step['verb']

const FAILURES = [
  'auth',
  'rate_limit',
  'quota',
  'invalid_request',
  'network',
  'overloaded',
  'refusal',
  'session_lost',
  'crash',
  'stall',
  'other',
] as const
export type Failure = (typeof FAILURES)[number]

/** The right form of each step, as people are shown it. */
export const FORMS: Record<Verb, string> = {
  say: 'say TEXT',
  plan: 'plan FIRST; SECOND; THIRD',
  write: 'write PATH :: TEXT',
  append: 'append PATH :: TEXT',
  replace: 'replace PATH :: OLD => NEW',
  run: 'run COMMAND',
  call: 'call SERVER TOOL {"NAME": "VALUE"}',
  ask: 'ask QUESTION? CHOICE / CHOICE',
  sleep: 'sleep MILLISECONDS',
  fail: `fail ${FAILURES.join('|')} [once]`,
  recall: 'recall',
  files: 'files',
}

export type Script =
  | { type: 'steps'; steps: Step[]; leftAside: string[] }
  /** No line begins with a verb. */
  | { type: 'free text' }
  /** Nothing is run of a script with a mistake in it. */
  | { type: 'mistake'; sentence: string }

/** One step a line. Lines that begin with no verb are left aside; list marks in front of a step are overlooked. */
export function parseScript(prompt: string): Script {
  const steps: Step[] = []
  const leftAside: string[] = []
  for (const [index, whole] of prompt.split('\n').entries()) {
    const line = whole.replace(/^\s*(?:[-*]|\d+[.)])?\s+(?=\S)|^\s+/, '').trimEnd()
    if (line === '' || line.startsWith('```')) continue
    const [, verb = '', rest = ''] = /^(\w+)(?:\s+(.*))?$/.exec(line) ?? []
    if (!isVerb(verb)) {
      leftAside.push(line)
      continue
    }
    const step = parseStep(verb, rest)
    if (!step) return { type: 'mistake', sentence: mistake(index + 1, line, verb) }
    steps.push(step)
  }
  return steps.length === 0 ? { type: 'free text' } : { type: 'steps', steps, leftAside }
}

function isVerb(word: string): word is Verb {
  return Object.hasOwn(FORMS, word)
}

function mistake(lineNumber: number, line: string, verb: Verb): string {
  return `Line ${lineNumber} is not a whole step: “${line}”. It has the form: ${FORMS[verb]}`
}

function parseStep(verb: Verb, rest: string): Step | undefined {
  switch (verb) {
    case 'say':
      return rest ? { verb, text: unescape(rest) } : undefined
    case 'plan':
      return parsePlan(rest)
    case 'write':
    case 'append': {
      const [, path, text] = /^(.+?)\s+(?:::|<<)\s?(.*)$/.exec(rest) ?? []
      return path !== undefined && text !== undefined ? { verb, path, text: asLines(unescape(text)) } : undefined
    }
    case 'replace': {
      const [, path, oldText, newText] = /^(.+?)\s+::\s(.+?)\s=>(?:\s(.*))?$/.exec(rest) ?? []
      if (path === undefined || oldText === undefined) return undefined
      return { verb, path, oldText: unescape(oldText), newText: unescape(newText ?? '') }
    }
    case 'run':
      return rest ? { verb, command: rest } : undefined
    case 'call':
      return parseCall(rest)
    case 'ask':
      return parseQuestion(rest)
    case 'sleep':
      return /^\d+$/.test(rest) ? { verb, ms: Number(rest) } : undefined
    case 'fail':
      return parseFailure(rest)
    case 'recall':
    case 'files':
      return rest ? undefined : { verb }
  }
}

function parsePlan(rest: string): Step | undefined {
  const items = listOf(rest, ';')
  return items.length > 0 ? { verb: 'plan', items } : undefined
}

function parseCall(rest: string): Step | undefined {
  const [, server, tool, json = '{}'] = /^(\S+)\s+(\S+)(?:\s+(\{.*\}))?$/.exec(rest) ?? []
  if (server === undefined || tool === undefined) return undefined
  try {
    return { verb: 'call', server, tool, input: JSON.parse(json) as Record<string, unknown> }
  } catch {
    return undefined
  }
}

function parseQuestion(rest: string): Step | undefined {
  const [, question, choices = ''] = /^(.+?\?)(?:\s+(.*))?$/.exec(rest) ?? []
  return question === undefined ? undefined : { verb: 'ask', question, choices: listOf(choices, '/') }
}

function parseFailure(rest: string): Step | undefined {
  const [name, once, ...more] = rest.split(/\s+/)
  const failure = FAILURES.find((known) => known === name)
  if (!failure || more.length > 0 || (once !== undefined && once !== 'once')) return undefined
  return { verb: 'fail', failure, once: once === 'once' }
}

function listOf(text: string, separator: string): string[] {
  return text
    .split(separator)
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

/** `\n` is a new line, `\\` a backslash. */
function unescape(text: string): string {
  return text.replace(/\\(n|\\)/g, (_, letter: string) => (letter === 'n' ? '\n' : '\\'))
}

/** A text file ends with a new line. */
function asLines(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}
