import { UserError } from '../../lib/errors.ts'
import { answered, NO_CODEBASE, type Command } from '../command.ts'
import { shownPath } from '../work-on.ts'

export const getcwd: Command = {
  name: 'getcwd',
  about: 'Show working directory',
  group: 'Codebase',
  async run({ codebase, conversation, parts }) {
    if (!codebase) throw new UserError('no-codebase', NO_CODEBASE)
    return answered(
      'getcwd',
      `Current working directory: ${shownPath(parts.workspaceRoot, codebase, conversation.cwd)}`,
    )
  },
}
