import type { OfferedCommand } from '../channel.ts'

/** What Telegram offers when somebody types `/`. Its commands know no hyphen; `withHyphens` (parse-update.ts) gives it back. */
export const menuOf = (commands: readonly OfferedCommand[]) =>
  commands.map(({ name, about }) => ({ command: name.replaceAll('-', '_'), description: about }))
