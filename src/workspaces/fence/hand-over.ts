import { execFile } from 'node:child_process'
import { chmod, chown, stat } from 'node:fs/promises'
import { promisify } from 'node:util'

/** Makes the slot's user the owner of a folder and all in it; the folder itself last, so that half done is seen and done again. */
export async function handOver(folder: string, uid: number): Promise<void> {
  if ((await stat(folder)).uid === uid) return
  const below = [folder, '-mindepth', '1', '-maxdepth', '1']
  // -h: a link is handed over, never what it points to.
  await promisify(execFile)('find', [...below, '-exec', 'chown', '-Rh', `${uid}:${uid}`, '{}', '+'])
  await chmod(folder, 0o700)
  await chown(folder, uid, uid)
}
