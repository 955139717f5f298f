import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPlace, openTestFence, SECRET } from './conformance-place.ts'
import { CASES, whyNot } from './driver-conformance.ts'
import { SUBJECTS } from './fakes/agents.ts'

const stateDir = await mkdtemp(join(tmpdir(), 'drover-fence-'))
const PLACES = [
  { where: 'without a fence', fence: await openTestFence('off', stateDir) },
  { where: 'in bubblewrap', fence: await openTestFence('required', stateDir).catch(() => undefined) },
]
const STANDS = PLACES.flatMap((place) => SUBJECTS.map((subject) => ({ ...place, who: subject.name, subject })))

beforeAll(() => {
  process.env.DROVER_TEST_SECRET = SECRET
})

afterAll(() => rm(stateDir, { recursive: true, force: true }))

describe.for(STANDS)('$who, $where', ({ subject, fence }) => {
  // By %s: $name would be shortened.
  test.for(CASES.map((theCase) => [theCase.name, theCase] as const))('%s', async ([, theCase], { skip }) => {
    if (!fence) return skip('bubblewrap does not work on this machine')
    const reason = whyNot(theCase, subject, fence.kind !== 'none')
    skip(reason !== undefined, reason)
    expect.hasAssertions()
    await using place = await openPlace(subject, { fence, slot: 90 })
    await theCase.check(subject, place)
  })
})
