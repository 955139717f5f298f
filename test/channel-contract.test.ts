import { describe, expect, test } from 'vitest'
import { CHANNEL_CASES } from './channel-contract.ts'
import { CHANNEL_SUBJECTS } from './fakes/channels.ts'

describe.for(CHANNEL_SUBJECTS)('$name', (subject) => {
  const cases = CHANNEL_CASES.filter(({ needs = [] }) => !needs.some((ability) => subject.lacks?.includes(ability)))
  // By %s: $name would be shortened.
  test.for(cases.map((theCase) => [theCase.name, theCase] as const))('%s', async ([, theCase]) => {
    expect.hasAssertions()
    await using stage = await subject.open()
    await theCase.check(stage)
  })
})
