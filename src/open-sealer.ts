import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from './config.ts'
import { createSealer, type Sealer } from './lib/seal.ts'

/** With the secret of the settings, or one that is made at the first start. */
export async function openSealer({
  home,
  DROVER_SECRET_KEY,
}: Pick<Config, 'home' | 'DROVER_SECRET_KEY'>): Promise<Sealer> {
  if (DROVER_SECRET_KEY !== undefined) return createSealer(DROVER_SECRET_KEY)
  const file = join(home, 'secret-key')
  const made = randomBytes(32).toString('base64url')
  // `wx`: of two that start at once, one makes it.
  await writeFile(file, `${made}\n`, { mode: 0o600, flag: 'wx' }).catch(() => undefined)
  return createSealer((await readFile(file, 'utf8')).trim())
}
