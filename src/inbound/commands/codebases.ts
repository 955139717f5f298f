import { listCodebases } from '../../codebases/store.ts'
import { answered, NO_CODEBASE, type Command } from '../command.ts'

export const codebases: Command = {
  name: 'codebases',
  about: 'List codebases',
  group: 'Codebase',
  async run({ db, codebase }) {
    const found = await listCodebases(db)
    if (found.length === 0) return answered('codebases', NO_CODEBASE)
    const told = found.map(({ id, name, url }) => `${id === codebase?.id ? '→' : '-'} ${name} (${id})\n  ${url}`)
    return answered('codebases', `Codebases:\n\n${told.join('\n')}\n\nSwitch with \`/codebase-switch <name>\`.`)
  },
}
