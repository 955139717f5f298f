import { nameFromUrl } from '../../codebases/codebase.ts'
import { findCodebase } from '../../codebases/store.ts'
import { UserError } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import { answered, type Command } from '../command.ts'
import { startChore } from '../start-chore.ts'
import { assertMayLeave, shownPath, workOn } from '../work-on.ts'

export const clone: Command = {
  name: 'clone',
  usage: '<repo-url>',
  about: 'Clone GitHub repo',
  group: 'Codebase',
  async run(talk, { words }) {
    assertMayLeave(talk)
    const [url] = words
    if (url === undefined) throw new UserError('no-url', 'Say which repository: `/clone <repo-url>`.')
    if (/^https?:\/\/[^/]*@/.test(url))
      throw new UserError(
        'credentials',
        'Leave the password out of the URL: it would stand in this chat. Set GITHUB_TOKEN or DROVER_GIT_TOKENS instead.',
      )
    const known = await findCodebase(talk.db, url)
    if (known) {
      const { cwd } = await workOn(talk, known)
      return answered(
        'clone',
        `${known.name} is known already.\nSwitched to codebase: ${known.name}\nCWD: ${shownPath(talk.parts.workspaceRoot, known, cwd)}`,
      )
    }
    const codebase = { id: newId('codebase'), name: nameFromUrl(url), url }
    return startChore(talk, { title: `Cloning ${codebase.name}`, do: { type: 'clone', codebase } })
  },
}
