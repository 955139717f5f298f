import { text } from 'node:stream/consumers'
import type { SessionSpec } from '../driver.ts'
import { codexHome } from './config.ts'
import { loginOf } from './login.ts'

/**
 * Codex refreshes its tokens in auth.json: they are written where they are new, not over what they have become since. A login
 * that is no longer given is taken away.
 */
const SCRIPT = `
umask 077
mkdir -p "$1" "$2" && cd "$1" || exit 1
given=$(cat)
if [ -z "$given" ]; then rm -f auth.json auth.given
elif [ "$given" != "$(cat auth.given 2>/dev/null)" ]; then
  printf %s "$given" > auth.json && printf %s "$given" > auth.given
fi`

/** Makes CODEX_HOME, with the login of a subscription where there is one. Inside the fence: only there it has this path and this owner. */
export async function prepareCodexHome({ launch, paths, env }: SessionSpec): Promise<void> {
  const login = loginOf(env)
  const args = ['-c', SCRIPT, 'sh', codexHome(paths), temporaryFolder(paths)]
  const writer = launch({ file: '/bin/sh', args, env: {}, cwd: paths.workspace })
  writer.stdin.on('error', () => {})
  writer.stdin.end(login.type === 'tokens' ? login.authJson : '')
  writer.stdout.resume()
  const [words, { code, error }] = await Promise.all([text(writer.stderr), writer.exited])
  if (code !== 0) throw new Error(`The folder of Codex could not be made: ${(error?.message ?? words).trim()}`)
}

/** Where Codex's own sandbox keeps commands out of /tmp. */
export const temporaryFolder = ({ home }: SessionSpec['paths']) => `${home}/tmp`
