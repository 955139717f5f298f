import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../src/lib/errors.ts'

/** The other queues live beside the bench, not among the product's dependencies. Fetched at the first run. */
export function installCandidates(folder: string): void {
  if (existsSync(join(folder, 'node_modules', 'pg-boss'))) return
  console.log(`pg-boss and graphile-worker are not installed yet: npm ci --prefix ${folder}`)
  const { status } = spawnSync('npm', ['ci', '--prefix', folder, '--no-audit', '--no-fund'], { stdio: 'inherit' })
  if (status === 0) return
  throw new UserError(
    'bench-install',
    `The queues to compare with cannot be installed. Run it yourself and see why: npm ci --prefix ${folder}`,
  )
}
