import { findCodebase } from '../../codebases/store.ts'
import { UserError } from '../../lib/errors.ts'
import { answered, type Command } from '../command.ts'
import { assertMayLeave, shownPath, workOn } from '../work-on.ts'

export const codebaseSwitch: Command = {
  name: 'codebase-switch',
  usage: '<name>',
  about: 'Switch codebase',
  group: 'Codebase',
  async run(talk, { words }) {
    assertMayLeave(talk)
    const { db, parts } = talk
    const [which] = words
    if (which === undefined)
      throw new UserError('no-name', 'Say which: `/codebase-switch <name-or-id>`. `/codebases` lists them.')
    const codebase = await findCodebase(db, which)
    if (!codebase)
      throw new UserError(
        'no-codebase',
        `There is no codebase "${which}". \`/codebases\` lists them; \`/clone <repo-url>\` adds one.`,
      )
    const { cwd } = await workOn(talk, codebase)
    return answered(
      'codebase-switch',
      `Switched to codebase: ${codebase.name}\nCWD: ${shownPath(parts.workspaceRoot, codebase, cwd)}`,
    )
  },
}
