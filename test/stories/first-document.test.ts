/** The dialogues of the first document, word for word, with a real repository on a git server, on every platform where people speak. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startGitHttpServer } from '../fakes/git-http-server.ts'
import { git, openFolder, startTestService } from '../test-service.ts'
import { consoleStory, slackStory, telegramStory, type Person } from './platforms.ts'

const COMMANDS: Record<string, string> = {
  prime: `---\ndescription: Research codebase to get AI up to speed\n---\nsay I've analyzed the codebase. Here's what I found...\n`,
  plan: `---\ndescription: Create implementation plan\n---\nsay Here's the implementation plan for: $1\n`,
  execute: `---\ndescription: Implement feature\n---\nrecall\nsay Starting implementation based on your plan...\nwrite dark-mode.md :: $PLAN\n`,
  validate: `---\ndescription: Validate implementation\n---\nrun cat dark-mode.md\n`,
  commit: `---\ndescription: Create git commit with changes\n---\nrun git commit -q --allow-empty -m "feat: Add dark mode toggle to header"\nsay Creating git commit...\nsay Done!\n`,
}

/** A bare repository with prompt commands, behind a real git server. */
async function serveRepository() {
  const folder = await openFolder('drover-story-')
  const work = join(folder, 'work')
  await git(folder, 'init', '--quiet', '--initial-branch', 'main', work)
  await mkdir(join(work, '.claude/commands'), { recursive: true })
  for (const [name, text] of Object.entries(COMMANDS)) await writeFile(join(work, `.claude/commands/${name}.md`), text)
  await git(work, 'add', '.')
  await git(work, '-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', 'commit', '--quiet', '-m', 'First')
  const bare = join(folder, 'served', 'my-app.git')
  await git(folder, 'clone', '--quiet', '--bare', work, bare)
  await git(bare, 'config', 'http.receivepack', 'true')
  const server = await startGitHttpServer({ root: join(folder, 'served') })
  return { url: `${server.url}/my-app.git`, bare, stop: () => server.stop() }
}

/** Says it, and waits for the next message of the bot that is no status card. */
function teller(person: Person) {
  const told = new Set<string>()
  const isCard = (text: string) => /^[⏳⏰⚙⏸✅❌⏹❓]/u.test(text)
  return async function tell(text: string): Promise<string> {
    await person.say(text)
    for (const end = Date.now() + 60_000; Date.now() < end; await sleep(50)) {
      const fresh = (await person.messages()).find(({ id, text }) => !told.has(id) && !isCard(text))
      if (!fresh) continue
      told.add(fresh.id)
      return fresh.text
    }
    throw new Error(
      `Nobody answered "${text}". There is:\n${(await person.messages()).map((each) => each.text).join('\n---\n')}`,
    )
  }
}

/** As a terminal shows it, Markdown is as it was written. */
const plain = (text: string) => text.replaceAll('`', '')

test.each([
  ['Telegram', telegramStory],
  ['Slack', slackStory],
  ['console', consoleStory],
])(
  '%s: clone → load commands → prime → plan → execute → commit → status',
  { timeout: 240_000 },
  async (_name, open) => {
    const repository = await serveRepository()
    const platform = await open()
    await using drover = await startTestService({ ...platform.settings, WORKSPACE_PATH: '' }, { codebase: false })
    try {
      const tell = teller(await platform.join(drover))

      expect(plain(await tell('What is this?'))).toBe('No codebase configured. Use /clone <repo-url> to get started.')
      expect(await tell(`/clone ${repository.url}`)).toBe('Cloning... Done! Create codebase record? (y/n)')
      const created = await tell('y')
      expect(created.split('\n')).toEqual([
        'Codebase name: my-app',
        `Repository: ${repository.url}`,
        expect.stringMatching(/^CWD: \/.*\/my-app$/),
        'AI Assistant: scripted (default, from codebase settings)',
        expect.stringMatching(/^ID: cbs_\w+$/),
        '',
        'Found commands folder: .claude/commands/',
        'Load all commands? (y/n)',
      ])
      expect(await tell('y')).toBe('Loaded 5 commands: prime, plan, execute, validate, commit')
      expect(await tell('/commands')).toContain('prime - .claude/commands/prime.md\n')

      expect(await tell('/command-invoke prime')).toBe("I've analyzed the codebase. Here's what I found...")
      expect(await tell('/command-invoke plan "Add dark mode toggle to header"')).toBe(
        "Here's the implementation plan for: Add dark mode toggle to header",
      )
      const executed = await tell('/command-invoke execute')
      expect(executed).toContain('Starting implementation based on your plan...')
      // A new session: it remembers neither prime nor plan.
      expect(executed).not.toContain('analyzed')
      const committed = await tell('/command-invoke commit')
      expect(committed).toContain('Creating git commit...')
      expect(committed).toContain('Done!')

      const status = await tell('/status')
      expect(status).toMatch(
        /^Codebase: my-app \(cbs_\w+\)\nCWD: \/\S+\/my-app\nAssistant: scripted\nActive Session: ses_\w+\n/,
      )
      expect(status).toContain('prime - Research codebase to get AI up to speed')

      const branch = /^Branch: (\S+)$/m.exec(status)?.[1] ?? ''
      expect(await git(repository.bare, 'show', `${branch}:dark-mode.md`)).toBe(
        "Here's the implementation plan for: Add dark mode toggle to header",
      )
      expect(await git(repository.bare, 'log', '-1', '--format=%s', branch)).toBe(
        'feat: Add dark mode toggle to header',
      )
    } finally {
      await platform.close()
      await repository.stop()
    }
  },
)
