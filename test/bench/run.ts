/** `npm run bench`: Drover's queue beside pg-boss and graphile-worker on one PostgreSQL, in one run. docs/benchmarks.md says what the figures mean. */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { UserError } from '../../src/lib/errors.ts'
import { CANDIDATES } from './candidates/all.ts'
import { drover } from './candidates/drover.ts'
import { installCandidates } from './install.ts'
import { describeMachine, load } from './machine.ts'
import { claimTime } from './measure/claim-time.ts'
import { crowd } from './measure/crowd.ts'
import { drain } from './measure/drain.ts'
import { enqueue } from './measure/enqueue.ts'
import { events } from './measure/events.ts'
import { groups } from './measure/groups.ts'
import { lanes } from './measure/lanes.ts'
import { lists } from './measure/lists.ts'
import { pickup } from './measure/pickup.ts'
import { recovery } from './measure/recovery.ts'
import { service } from './measure/service.ts'
import { talk } from './measure/talk.ts'
import { webhooks } from './measure/webhooks.ts'
import { FULL, QUICK, readOptions, USAGE, type Options } from './options.ts'
import { renderFigures, renderMachine } from './report.ts'
import { startServer } from './server.ts'

const MEASUREMENTS = [
  enqueue,
  pickup,
  drain,
  lanes,
  groups,
  claimTime,
  recovery,
  events,
  lists,
  talk,
  webhooks,
  crowd,
  service,
]
const FOLDER = fileURLToPath(new URL('.', import.meta.url))

function chosen({ only }: Options) {
  const names = MEASUREMENTS.map(({ name }) => name)
  const unknown = only.filter((name) => !names.includes(name))
  if (unknown.length > 0) {
    throw new UserError(
      'bench-name',
      `There is no measurement "${unknown.join('", "')}". There are: ${names.join(', ')}`,
    )
  }
  return MEASUREMENTS.filter(({ name }) => only.length === 0 || only.includes(name))
}

async function main(argv: string[]) {
  const options = readOptions(argv)
  if (options.help) return console.log(`${USAGE}\n\nMeasurements: ${MEASUREMENTS.map(({ name }) => name).join(', ')}`)
  const measurements = chosen(options)
  installCandidates(FOLDER)
  const server = await startServer()
  try {
    const machine = await describeMachine(FOLDER, server.version)
    console.log(`${renderMachine(machine)}\n`)
    const sizes = options.quick ? QUICK : FULL
    const results = []
    for (const { name, title, run } of measurements) {
      const loadBefore = load()
      const figures = await run({ server, sizes, candidates: CANDIDATES }).catch((error: unknown) => {
        // One that breaks must not cost the figures of all others; the exit code tells of it.
        console.error(`${name} broke:`, error)
        process.exitCode = 1
        return []
      })
      const loads = `load ${loadBefore} before, ${load()} after`
      results.push({ name, title, loads, figures })
      console.log(`### ${title}\n\n${renderFigures(figures, drover.name)}\n\n(\`${name}\`; ${loads})\n`)
    }
    if (options.jsonFile !== undefined) {
      await writeFile(options.jsonFile, `${JSON.stringify({ machine, sizes, results }, undefined, 2)}\n`)
    }
  } finally {
    await server.close()
  }
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof UserError || error instanceof TypeError ? error.message : error)
  process.exitCode = 1
}
