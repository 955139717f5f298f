import { keyNames } from '../driver.ts'
import type { Dialect } from './dialect.ts'
import { endingFromExit } from './exit.ts'

/** Any command: what it prints is the answer, and its exit code says whether it is one. */
export const PLAIN: Dialect = {
  spend: false,
  command: ({ command }) => command,
  installHint: ({ name, command: [program] }) =>
    `Install \`${program}\`, or correct the command of “${name}” in agents.json.`,
  readAuth(profile, env) {
    const names = keyNames(profile)
    if (names.length === 0) return { auth: 'unknown' }
    if (names.some((name) => env[name])) return { auth: 'ok' }
    return { auth: 'missing', hint: `Set ${names.join(' or ')} and start Drover again.` }
  },
  createReader: () => ({
    readLine: (line) => [{ type: 'text', text: `${line}\n` }],
    judge: endingFromExit,
  }),
}
