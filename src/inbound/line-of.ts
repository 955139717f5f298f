import type { LoggedEvent } from '../events/event.ts'

/** One event in a line, for `/logs`; undefined for what is no news to people. */
export function lineOf(event: LoggedEvent): string | undefined {
  switch (event.type) {
    case 'state':
      return `· ${event.to}${event.waitingFor === undefined ? '' : ` for ${event.waitingFor}`}`
    case 'step':
      return event.text
    case 'tool':
      return event.state === 'done' || event.state === 'failed' || event.state === 'denied'
        ? `${event.title} (${event.state})`
        : undefined
    case 'notice':
      return event.text
    case 'question':
      return `? ${event.title}`
    case 'result':
      return event.branch === undefined ? undefined : `branch ${event.branch}`
    case 'session':
    case 'text':
    case 'thought':
    case 'plan':
    case 'spend':
      return undefined
  }
}
