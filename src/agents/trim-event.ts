import { clipMiddle } from '../lib/clip-text.ts'
import type { AgentEvent, FileTouch } from './driver.ts'

const MAX_OUTPUT_LENGTH = 16 * 1024
const MAX_FULL_OUTPUT_LENGTH = 1024 * 1024

/** Makes of an event what a log can keep: its long texts cut, and without letters that PostgreSQL cannot store. */
export function trimEvent(event: AgentEvent): AgentEvent {
  return withoutBadLetters(event.type === 'tool' ? trimTool(event) : event)
}

/**
 * A NUL, and half of a surrogate pair, as `JSON.stringify` writes them: `cat` of a binary file brings both. An even
 * number of backslashes in front is text that only looks so.
 */
const BAD_LETTER = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g

function withoutBadLetters(event: AgentEvent): AgentEvent {
  const json = JSON.stringify(event)
  const clean = json.replace(BAD_LETTER, '$1\ufffd')
  return clean === json ? event : (JSON.parse(clean) as AgentEvent)
}

function trimTool(event: Extract<AgentEvent, { type: 'tool' }>): AgentEvent {
  const trimmed = { ...event }
  if (event.files) trimmed.files = event.files.map(trimFile)
  if (event.input !== undefined) trimmed.input = trimInput(event.input)
  if (event.output !== undefined && event.output.length > MAX_OUTPUT_LENGTH) {
    trimmed.output = clipMiddle(event.output, MAX_OUTPUT_LENGTH)
    // Agents repeat the whole output with every update: only the last one is worth keeping.
    const isLast = event.state === 'done' || event.state === 'failed'
    if (isLast) trimmed.fullOutput = clipMiddle(event.output, MAX_FULL_OUTPUT_LENGTH)
  }
  return trimmed
}

function trimFile(file: FileTouch): FileTouch {
  const trimmed = { ...file }
  if (file.oldText !== undefined) trimmed.oldText = clipMiddle(file.oldText, MAX_OUTPUT_LENGTH)
  if (file.newText !== undefined) trimmed.newText = clipMiddle(file.newText, MAX_OUTPUT_LENGTH)
  return trimmed
}

/** A tool that writes a file has the whole file as its input. */
function trimInput(input: unknown): unknown {
  const json = JSON.stringify(input) ?? ''
  return json.length > MAX_OUTPUT_LENGTH ? clipMiddle(json, MAX_OUTPUT_LENGTH) : input
}
