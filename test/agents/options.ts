import { parseArgs } from 'node:util'
import { UserError } from '../../src/lib/errors.ts'

export const USAGE = `npm run test:agents -- [--only AGENT]… [--case TEXT] [--unfenced]

  --only AGENT   this agent; may be given more than once
  --case TEXT    the cases that have this in their name
  --unfenced     without a fence as well`

export interface Options {
  only: string[]
  case?: string
  unfenced: boolean
  help: boolean
}

/** `agents`: the names there are. `UserError('agents-options')` where one is asked for that is not there. */
export function readOptions(argv: string[], agents: string[]): Options {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        only: { type: 'string', multiple: true, default: [] },
        case: { type: 'string' },
        unfenced: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    const unknown = values.only.filter((name) => !agents.includes(name))
    if (unknown.length > 0) throw new Error(`There is no agent “${unknown.join('”, “')}”.`)
    return values
  } catch (cause) {
    const { message } = cause as Error
    throw new UserError('agents-options', `${message}\n\n${USAGE}\n\nAgents: ${agents.join(', ')}`, { cause })
  }
}
