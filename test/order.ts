import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** By far the longest, the longest first: one that began last would keep all others waiting. In a fresh clone no times are known. */
const LONGEST = [
  'test/driver-conformance.test.ts',
  'test/channel-contract.test.ts',
  'test/stories/first-document.test.ts',
  'test/stories/linked.test.ts',
  'test/crash/conversation.test.ts',
  'test/crash/chaos.test.ts',
  'src/db/embedded.test.ts',
  'test/stories/long-answer.test.ts',
  'test/webhooks.test.ts',
  'test/message-to-commit.test.ts',
  'src/cli/commands/chat.test.ts',
  'src/workspaces/git/git-workspaces.test.ts',
  'src/channels/slack/catch-up.test.ts',
]

/** Then as Vitest has it: by the time that each took before, or by size. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification) => LONGEST.indexOf(relative(this.ctx.config.root, moduleId))
    const long = files.filter((file) => placeOf(file) >= 0).toSorted((a, b) => placeOf(a) - placeOf(b))
    // oxlint-disable-next-line unicorn/no-array-sort -- no array's
    return [...long, ...(await super.sort(files.filter((file) => placeOf(file) < 0)))]
  }
}
