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
const first = await runTests(join(folder, 'report.json'), process.argv.slice(2))
total.passed += first.passed
total.skipped += first.skipped
const failed = first.failedFiles.length > 0 ? await tryAgain(first) : first.failed
await rm(folder, { recursive: true, force: true })
total.failed += failed

console.log(`\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`)
process.exitCode = total.failed === 0 ? 0 : 1

interface Report {
  numPassedTests?: number
  numPendingTests?: number
  numFailedTests?: number
  testResults?: { name: string; status: string }[]
}

async function runTests(file: string, args: readonly string[]) {
  const reporters = ['--reporter', 'default', '--reporter', 'json', `--outputFile.json=${file}`]
  const isGreen = await run([bin('vitest'), 'run', ...reporters, ...args])
  const report = JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as Report
  return {
    passed: report.numPassedTests ?? 0,
    skipped: report.numPendingTests ?? 0,
    // A file that cannot even be loaded has no tests to count, and is a failure all the same.
    failed: Math.max(report.numFailedTests ?? 0, isGreen ? 0 : 1),
    failedFiles: report.testResults?.flatMap(({ name, status }) => (status === 'failed' ? [name] : [])) ?? [],
  }
}

/** What fails among many on a busy machine, and not alone, is told as that; what fails alone as well has failed. Returns how many did. */
async function tryAgain({ failed, failedFiles }: Awaited<ReturnType<typeof runTests>>): Promise<number> {
  console.log(`\n— ${failed} failed: their files once more, one after the other`)
  const second = await runTests(join(folder, 'second.json'), ['--maxWorkers', '1', ...failedFiles])
  if (second.failed === 0) {
    console.log(`\n${failed} failed at first, and passed alone: see above. They depend on how busy the machine is.`)
    total.passed += failed
  }
  return second.failed
}
