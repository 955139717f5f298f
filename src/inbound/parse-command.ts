import { splitArguments } from '../lib/expand-prompt.ts'

export interface ParsedCommand {
  name: string
  /** What stands behind the name, as it was typed. */
  argumentText: string
  /** The same, cut as a shell does it. */
  words: string[]
}

/** `/name arguments`; undefined for everything else. A path such as `/etc/hosts` is no command. */
export function parseCommand(text: string): ParsedCommand | undefined {
  const [, name, argumentText = ''] = /^\/([a-z][\w-]*)(?:\s+([^]*))?$/i.exec(text.trim()) ?? []
  if (name === undefined) return undefined
  return { name: name.toLowerCase(), argumentText, words: splitArguments(argumentText) }
}
