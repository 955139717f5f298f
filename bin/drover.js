#!/usr/bin/env node
// Starts Drover on this Node when it is new enough, else on the one that was installed with the package.
import { spawn } from 'node:child_process'
import module, { createRequire } from 'node:module'
import { constants, homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const OLDEST = 24
const entry = new URL('../src/main.ts', import.meta.url)

if (Number(process.versions.node.split('.')[0]) >= OLDEST) {
  keepCompiled()
  await import(entry.href)
} else handOver(shippedNode())

// Reading and compiling our code anew is half of what a start costs. Below the temporary folder, where Node would keep it, others
// could put code of theirs in its place.
function keepCompiled() {
  try {
    module.enableCompileCache(join(homedir(), '.cache/drover'))
  } catch {
    // A user without a home: it starts more slowly.
  }
}

function shippedNode() {
  const name = `node-${process.platform}-${process.arch}`
  try {
    return createRequire(import.meta.url).resolve(`${name}/bin/node`)
  } catch {
    console.error(
      `drover: this is Node ${process.versions.node}; Drover needs Node ${OLDEST} or newer. Install it, or run npm ci without --omit=optional.`,
    )
    process.exit(2)
  }
}

function handOver(node) {
  // Node gives young objects 32 MB before it cleans up. A service that rests most of its time is 20 MB smaller with less.
  const args = ['--max-semi-space-size=8', fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  const child = spawn(node, args, { stdio: 'inherit' })
  // A Ctrl-C in the terminal reaches the child by itself, as it does us: we only must not die before it.
  process.on('SIGINT', () => undefined)
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`drover: ${node} cannot be started: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}
