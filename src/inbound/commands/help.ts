import { answered, type Command } from '../command.ts'

const GROUPS: readonly Command['group'][] = ['Command Management', 'Codebase', 'Session', 'Work', 'You']

/** `/help`: every command in a line. */
export function helpOn(commands: readonly Command[]) {
  const groups = GROUPS.map((group) => {
    const lines = commands.filter((each) => each.group === group).map((each) => `  ${usageOf(each)} - ${each.about}`)
    if (group === 'Session') lines.push('  /help - Show this help')
    return `${group}:\n${lines.join('\n')}`
  })
  return answered('help', `Available Commands:\n\n${groups.join('\n\n')}`)
}

const usageOf = ({ name, usage }: Command) => (usage === undefined ? `/${name}` : `/${name} ${usage}`)
