import type { Task, TaskEvent } from '../http/wire.ts'
import { oneLine, type Output } from './output.ts'

type Body = TaskEvent['event']

/** Shows events as they come: the answer as a stream, everything else as a line each. `verbose` adds thoughts and tool results. */
export function createRenderer(out: Output, { verbose = false }: { verbose?: boolean } = {}): (event: Body) => void {
  const shownTools = new Set<string>()
  const dim = (text: string) => out.note(out.noteStyle('dim', text))
  const warn = (text: string) => out.note(out.noteStyle('yellow', text))

  function showTool(event: Extract<Body, { type: 'tool' }>) {
    const title = oneLine(event.title)
    if (event.state === 'failed' || event.state === 'denied') warn(`✗ ${title} (${event.state})`)
    else if (!shownTools.has(event.id)) dim(`• ${title}`)
    shownTools.add(event.id)
    if (verbose && event.output !== undefined && event.state !== 'running') dim(indent(event.output))
  }

  return (event) => {
    switch (event.type) {
      case 'text':
        return out.write(event.text)
      case 'thought':
        return verbose ? dim(oneLine(event.text)) : undefined
      case 'tool':
        return showTool(event)
      case 'step':
        return dim(`· ${oneLine(event.text)}`)
      case 'plan':
        return dim(`· Plan: ${planLine(event.items)}`)
      case 'notice':
        return event.level === 'warn' ? warn(oneLine(event.text)) : dim(oneLine(event.text))
      case 'state': {
        const line = stateLine(event)
        return line === undefined ? undefined : event.failure ? warn(line) : dim(line)
      }
      case 'question':
        return out.note(questionText(event, out))
      case 'session':
      case 'spend':
      case 'result':
        return undefined
    }
  }
}

function planLine(items: Extract<Body, { type: 'plan' }>['items']): string {
  const done = items.filter((item) => item.state === 'done').length
  const active = items.find((item) => item.state === 'active')
  return `${done} of ${items.length} done${active ? `; now: ${oneLine(active.text)}` : ''}`
}

function stateLine(event: Extract<Body, { type: 'state' }>): string | undefined {
  const why = event.failure ? ` ${oneLine(event.failure.message)}` : ''
  switch (event.to) {
    case 'queued':
      return '· Waiting for the work before it in this conversation'
    case 'scheduled':
      return `· Tried again${event.runAt === undefined ? ' later' : ` at ${localTime(event.runAt)}`}.${why}`
    case 'pending':
      return event.failure ? `· Tried again.${why}` : undefined
    case 'waiting':
      if (event.failure?.class === 'budget') return `·${why}`
      if (event.waitingFor === 'limit')
        return `· Waiting for a usage limit to reset${event.runAt === undefined ? '' : `, until ${localTime(event.runAt)}`}.${why}`
      return event.waitingFor === 'children' ? '· Waiting for the tasks that it made' : undefined
    case 'running':
    case 'completed':
    case 'failed':
    case 'cancelled':
      return undefined
  }
}

/** What is asked, and how it may be answered. */
export function questionText(question: NonNullable<Task['question']>, out: Output): string {
  const choices = question.choices.map(({ label }, index) => `  ${index + 1}) ${oneLine(label)}`)
  return [out.noteStyle('bold', `? ${oneLine(question.title)}`), ...choices].join('\n')
}

export const localTime = (time: string) => new Date(time).toLocaleString()
const indent = (text: string) =>
  text
    .split('\n')
    .map((line) => `    ${oneLine(line)}`)
    .join('\n')
