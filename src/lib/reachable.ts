import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * The first folder above `path` (the topmost first) that a user without rights of its own cannot pass through, or undefined.
 * Asked when we are root and hand work to another uid: `/root` and fresh temporary folders are closed (0700).
 */
export async function closedFolderAbove(path: string): Promise<string | undefined> {
  const parent = dirname(path)
  if (parent !== path) {
    const higher = await closedFolderAbove(parent)
    if (higher !== undefined) return higher
  }
  const mode = await stat(parent).then(
    (found) => found.mode,
    () => undefined,
  )
  return mode !== undefined && (mode & 0o001) === 0 ? parent : undefined
}
