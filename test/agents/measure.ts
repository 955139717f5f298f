/** `npm run bench:agents`: what a session of each agent costs this machine, alone and beside others. docs/benchmarks.md has the figures. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { UserError } from '../../src/lib/errors.ts'
import type { Fence } from '../../src/workspaces/workspace.ts'
import { openTestFence } from '../conformance-place.ts'
import type { Subject } from '../driver-conformance.ts'
import { keptMegabytes, measureCrowd } from './crowd.ts'
import { installAgents } from './install.ts'
import { startModelServer, type ModelServer } from './model/model-server.ts'
import { measureSession, type SessionCost } from './session-cost.ts'
import { SUBJECTS } from './subjects.ts'

const USAGE = `npm run bench:agents -- [--only AGENT]… [--crowd]

  --only AGENT   this agent; may be given more than once
  --crowd        how many sessions the memory is enough for, tried: 4 to 24 of an agent at once (left out: claude)

Agents: ${SUBJECTS.map(({ name }) => name).join(', ')}`

const ROUNDS = 3
const AT_ONCE = 4
const FIRST_SLOT = 80

interface Stage {
  fence: Fence
  model: ModelServer
}

async function main(argv: string[]) {
  const { only, crowd, help } = readOptions(argv)
  if (help) return console.log(USAGE)
  installAgents(fileURLToPath(new URL('.', import.meta.url)))
  const stateDir = await mkdtemp(join(tmpdir(), 'drover-fence-'))
  const model = await startModelServer()
  try {
    const stage = { model, fence: await openTestFence('required', stateDir) }
    if (crowd) for (const subject of chosen(only.length > 0 ? only : ['claude'])) await showCrowd(subject, stage)
    else await showCosts(chosen(only), stage)
  } finally {
    await model.stop()
    await rm(stateDir, { recursive: true, force: true })
  }
}

function readOptions(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        only: { type: 'string', multiple: true, default: [] },
        crowd: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    const unknown = values.only.filter((name) => !SUBJECTS.some((subject) => subject.name === name))
    if (unknown.length > 0) throw new Error(`There is no agent “${unknown.join('”, “')}”.`)
    return values
  } catch (cause) {
    throw new UserError('agents-options', `${(cause as Error).message}\n\n${USAGE}`, { cause })
  }
}

function chosen(names: readonly string[]): Subject[] {
  return SUBJECTS.filter(({ name }) => names.length === 0 || names.includes(name))
}

async function showCosts(subjects: readonly Subject[], { fence, model }: Stage) {
  showHead(
    'agent',
    'first event, ms',
    'one file written, ms',
    'memory, MB',
    'processes',
    'four at once: each, ms',
    'four at once: memory, MB',
  )
  for (const subject of subjects) {
    const alone: SessionCost[] = []
    for (let round = 0; round < ROUNDS; round++) alone.push(await measureSession(subject, fence, model, FIRST_SLOT))
    const together = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, n) => measureSession(subject, fence, model, FIRST_SLOT + n)),
    )
    showRow(
      subject.name,
      median(alone.map(({ firstMs }) => firstMs)),
      median(alone.map(({ turnMs }) => turnMs)),
      median(alone.map(({ megabytes }) => megabytes)),
      median(alone.map(({ processes }) => processes)),
      median(together.map(({ turnMs }) => turnMs)),
      together.reduce((sum, { megabytes }) => sum + megabytes, 0),
    )
  }
}

async function showCrowd(subject: Subject, { fence, model }: Stage) {
  const kept = await keptMegabytes()
  console.log(`${subject.name}; ends below ${show(kept)} MB of available memory\n`)
  showHead('at once', 'all at work after, ms', 'available before, MB', 'at least, MB', 'taken by each, MB', 'each, MB')
  let enough = 0
  for await (const step of measureCrowd(subject, fence, model)) {
    const { atOnce, startMs, beforeMegabytes, leastMegabytes, pssMegabytes } = step
    const taken = (beforeMegabytes - leastMegabytes) / atOnce
    showRow(String(atOnce), startMs, beforeMegabytes, leastMegabytes, taken, pssMegabytes / atOnce)
    enough = (beforeMegabytes - kept) / taken
  }
  console.log(`\nAt what each took in the last row, ${show(Math.floor(enough))} of them leave ${show(kept)} MB.`)
}

function showHead(...names: string[]) {
  console.log(`| ${names.join(' | ')} |\n|${' --- |'.repeat(names.length)}`)
}

function showRow(name: string, ...figures: number[]) {
  console.log(`| ${[name, ...figures.map(show)].join(' | ')} |`)
}

const show = (figure: number) => Math.round(figure).toLocaleString('en')
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof UserError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
