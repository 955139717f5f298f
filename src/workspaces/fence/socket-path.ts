import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * A path for one sandbox's unix socket that no other has had. A run that lost its lease closes its own late, and Node then removes
 * the path, whoever listens there by now. What the dead of this slot left is removed.
 */
export async function freshSocketPath(folder: string, slot: number): Promise<string> {
  await mkdir(folder, { recursive: true })
  for (const name of await readdir(folder))
    if (name.startsWith(`${slot}-`)) await rm(join(folder, name), { force: true })
  return join(folder, `${slot}-${randomBytes(4).toString('hex')}.sock`)
}
