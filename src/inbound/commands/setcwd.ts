import { posix } from 'node:path'
import { changeConversation } from '../../conversations/store.ts'
import { UserError } from '../../lib/errors.ts'
import { answered, NO_CODEBASE, type Command } from '../command.ts'
import { shownPath } from '../work-on.ts'

export const setcwd: Command = {
  name: 'setcwd',
  usage: '<path>',
  about: 'Change working directory',
  group: 'Codebase',
  async run({ db, codebase, conversation, parts }, { words }) {
    if (!codebase) throw new UserError('no-codebase', NO_CODEBASE)
    const [given] = words
    if (given === undefined) throw new UserError('no-path', 'Say where: `/setcwd <path>`, within the repository.')
    const root = shownPath(parts.workspaceRoot, codebase, '')
    const cwd = within(root, given, conversation.cwd)
    if (cwd === undefined)
      throw new UserError(
        'outside',
        `${given} is outside of ${root}. For another repository: \`/codebase-switch <name>\`.`,
      )
    await changeConversation(db, conversation.id, { cwd })
    return answered('setcwd', `Working directory set to ${shownPath(parts.workspaceRoot, codebase, cwd)}`)
  },
}

/** The path within the repository; undefined where it leads out of it. */
export function within(root: string, given: string, cwd: string): string | undefined {
  const target = posix.resolve(posix.join(root, cwd), given)
  const path = posix.relative(root, target)
  return path === '..' || path.startsWith('../') || path.includes('\0') ? undefined : path
}
