import type { OfferedCommand } from '../channel.ts'

/** With hyphens Telegram links the first word alone: a tap would send another command. */
export function tappable(commands: readonly OfferedCommand[]): RegExp {
  const names = commands.map(({ name }) => name).filter((name) => name.includes('-'))
  return new RegExp(String.raw`(?<![\w/])/(?:${names.join('|') || '(?!)'})(?![\w/-])`, 'g')
}

/** What Telegram offers when somebody types `/`. Its commands know no hyphen; `withHyphens` (parse-update.ts) gives it back. */
export const menuOf = (commands: readonly OfferedCommand[]) =>
  commands.map(({ name, about }) => ({ command: name.replaceAll('-', '_'), description: about }))
