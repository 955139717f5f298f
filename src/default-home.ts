import { homedir } from 'node:os'
import { join } from 'node:path'
import { closedFolderAbove } from './lib/reachable.ts'

/** Root's own home is closed to the users that the database and the agents run as; then the system's place for data serves. */
export async function defaultHome(): Promise<string> {
  const ours = join(homedir(), '.drover')
  if (process.getuid?.() !== 0) return ours
  return (await closedFolderAbove(ours)) === undefined ? ours : '/var/lib/drover'
}
