/** An answer of 100 kB with code in it, from the agent to what a person sees. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { git, startTestService } from '../test-service.ts'
import { slackStory, telegramStory } from './platforms.ts'

const PARTS = Array.from(
  { length: 1_100 },
  (_, n) => `Part ${n} says what it found in the file of this number.\n\n\`\`\`ts\nconst part${n} = ${n}\n\`\`\``,
)
const REPORT = `# Report\n\n${PARTS.join('\n\n')}`

test.each([
  ['Telegram', 'stream', telegramStory],
  ['Slack', 'batch', slackStory],
])('%s, %s: 100 kB come whole, as pieces or as a file', { timeout: 120_000 }, async (_name, streaming, open) => {
  const platform = await open(streaming)
  await using drover = await startTestService(platform.settings)
  try {
    const command = join(drover.repository, 'report.md')
    await writeFile(command, `say ${REPORT.replaceAll('\n', '\\n')}\n`)
    await git(drover.repository, 'add', '.')
    await git(drover.repository, '-c', 'user.name=Ann', '-c', 'user.email=a@example.com', 'commit', '-qm', 'Report')
    const person = await platform.join(drover)
    await person.say('/command-set report report.md')
    const sees = (text: string) => async () => (await person.messages()).some((message) => message.text.includes(text))
    await expect.poll(sees("Command 'report' registered"), { timeout: 30_000 }).toBe(true)
    await person.say('/command-invoke report')
    // Slack takes all of it in pieces; for Telegram it is too much, and comes as a file.
    const whole = async () => {
      const shown = await person.messages()
      const [file] = shown.flatMap((message) => message.files)
      return file ?? shown.map((message) => message.text).join('\n')
    }
    await expect.poll(whole, { timeout: 60_000 }).toContain('const part1099 = 1099')
    const text = await whole()
    expect(PARTS.filter((_, n) => !text.includes(`const part${n} = ${n}`))).toEqual([])
    expect(await sees('Part 0 says')()).toBe(true)
  } finally {
    await platform.close()
  }
})
