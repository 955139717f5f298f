import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../src/lib/errors.ts'

/** The vendors' agents take 2 GB: they live beside the suite, not among the product's dependencies. Fetched when the lock has changed. */
export function installAgents(folder: string): void {
  const lock = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex')
  const stamp = join(folder, 'node_modules', '.installed-lock')
  if (readIfThere(stamp) === lock) return
  // Their install scripts build what only their windows need, with a compiler.
  const command = ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund']
  console.log(`The agents are not installed yet, or not in these versions: npm ${command.join(' ')}`)
  const { status } = spawnSync('npm', command, { stdio: 'inherit' })
  if (status !== 0) {
    throw new UserError(
      'agents-install',
      `The vendors' agents were not installed; npm says above why. They come from the npm registry (2 GB): this machine needs a network that reaches it. To try by hand: npm ${command.join(' ')}`,
    )
  }
  writeFileSync(stamp, lock)
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
