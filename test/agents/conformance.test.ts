import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPlace, openTestFence, SECRET } from '../conformance-place.ts'
import { CASES, whyNot } from '../driver-conformance.ts'
import { startModelServer } from './model/model-server.ts'
import { SUBJECTS } from './subjects.ts'

const name = process.env.DROVER_TEST_AGENT
const subject = SUBJECTS.find((candidate) => candidate.name === name)
if (!subject) throw new Error(`There is no agent “${name}” in subjects.ts.`)

const stateDir = await mkdtemp(join(tmpdir(), 'drover-fence-'))
const model = await startModelServer()
const bubblewrap = await openTestFence('required', stateDir).catch(() => undefined)
const isUnfenced = !bubblewrap || process.env.DROVER_TEST_UNFENCED === '1'
const FENCES = [
  ...(bubblewrap ? [{ where: 'in bubblewrap', fence: bubblewrap }] : []),
  ...(isUnfenced ? [{ where: 'without a fence', fence: await openTestFence('off', stateDir) }] : []),
]

beforeAll(() => {
  process.env.DROVER_TEST_SECRET = SECRET
})

afterAll(async () => {
  await model.stop()
  await rm(stateDir, { recursive: true, force: true })
})

describe.for(FENCES)('$where', ({ fence }) => {
  // By %s: $name would be shortened.
  test.for(CASES.map((theCase) => [theCase.name, theCase] as const))('%s', async ([, theCase], { skip }) => {
    const reason = whyNot(theCase, subject, fence.kind !== 'none')
    skip(reason !== undefined, reason)
    expect.hasAssertions()
    // Two agents run at once, each in a worker of its own.
    const slot = 90 + Number(process.env.VITEST_POOL_ID)
    await using place = await openPlace(subject, { fence, slot, model: model.listener })
    await theCase.check(subject, place)
  })
})
