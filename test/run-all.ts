/**
 * `npm test`: every check there is, one after the other, all of them even when one fails. The last line counts: each check
 * by itself, each test by itself.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const bin = (name: string) => join(ROOT, 'node_modules/.bin', name)

const CHECKS: { name: string; command: [string, ...string[]] }[] = [
  { name: 'format', command: [bin('oxfmt'), '--check'] },
  { name: 'lint and import borders', command: [bin('oxlint'), '--type-aware'] },
  { name: 'types', command: [bin('tsc'), '-p', 'tsconfig.json'] },
  { name: 'unused code', command: [bin('knip')] },
  { name: 'generated documents', command: [process.execPath, 'scripts/generate.ts', '--check'] },
]

function run([file, ...args]: [string, ...string[]]): Promise<boolean> {
  return new Promise((resolve) => {
    spawn(file, args, { cwd: ROOT, stdio: 'inherit' }).once('exit', (code) => resolve(code === 0))
  })
}

const total = { passed: 0, failed: 0, skipped: 0 }
for (const { name, command } of CHECKS) {
  console.log(`\n— ${name}`)
  const isGood = await run(command)
  total[isGood ? 'passed' : 'failed']++
}

console.log('\n— tests')
const folder = await mkdtemp(join(tmpdir(), 'drover-report-'))
const report = join(folder, 'report.json')
const isGreen = await run([
  bin('vitest'),
  'run',
  '--reporter',
  'default',
  '--reporter',
  'json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
])
const counts = JSON.parse(await readFile(report, 'utf8').catch(() => '{}')) as {
  numPassedTests?: number
  numFailedTests?: number
  numPendingTests?: number
}
await rm(folder, { recursive: true, force: true })
total.passed += counts.numPassedTests ?? 0
// A file that cannot even be loaded has no tests to count, and is a failure all the same.
total.failed += Math.max(counts.numFailedTests ?? 0, isGreen ? 0 : 1)
total.skipped += counts.numPendingTests ?? 0

console.log(`\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`)
process.exitCode = total.failed === 0 ? 0 : 1
