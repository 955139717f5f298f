/**
 * Writes what is made from the code: docs/openapi.json and .env.example. With `--check` it writes nothing, and exits with 1
 * when they are not what the code says. Needs no database.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Settings } from '../src/config.ts'
import type { Database } from '../src/db/connect.ts'
import { createHttp } from '../src/http/http.ts'
import { createLog } from '../src/lib/log.ts'
import { VERSION } from '../src/version.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))

function openApiDocument(): string {
  const http = createHttp({
    // The document is made from the routes alone: nothing is asked of the database.
    database: { listener: { on: () => () => undefined } } as unknown as Database,
    log: createLog({ level: 'silent', pretty: false, secrets: {} }),
    version: VERSION,
    agents: { defaultName: '', names: [], list: async () => [] },
    inspectRemote: async () => ({ defaultBranch: '' }),
    fence: '',
    receive: async () => undefined,
    relayToken: undefined,
    findAccount: async () => undefined,
    seal: (text) => Buffer.from(text),
    unseal: (sealed) => sealed.toString(),
    isDraining: () => false,
  })
  return `${JSON.stringify(http.document(), null, 2)}\n`
}

/** Headings, and the names that begin so; the first that fits. What fits none is below the last. */
const GROUPS: readonly (readonly [heading: string, pattern: RegExp])[] = [
  [
    'The service',
    /^(DROVER_HOME|DATABASE_URL|DROVER_DATABASE|DROVER_PUBLIC|DROVER_RELAY|HOST|PORT|WORKSPACE_PATH|BOT_NAME|LOG_)/,
  ],
  ['Agents, and how they are fenced', /^DROVER_(AGENT|SANDBOX|STATE)/],
  ['Models', /^(ANTHROPIC|CLAUDE|OPENAI|CODEX|GEMINI|GOOGLE|OPENROUTER|DROVER_PRICES)/],
  ['Workers', /^DROVER_(CONCURRENCY|WORKER|MAX|LEASE|DRAIN|WORKSPACE)/],
  ['Repositories', /^(GITHUB_TOKEN|GH_TOKEN|DROVER_GIT)/],
  ['Voice', /^DEEPGRAM/],
  ['The command line', /^DROVER_(URL|API_KEY)$/],
  ['More', /^/],
]

function envExample(): string {
  const settings = Object.entries(Settings.shape)
  const groupOf = (name: string) => GROUPS.findIndex(([, pattern]) => pattern.test(name))
  const sections = GROUPS.map(([heading], index) => {
    const lines = settings
      .filter(([name]) => groupOf(name) === index)
      .map(([name, schema]) => settingLines(name, schema))
    return lines.length === 0 ? '' : `# --- ${heading} ---\n\n${lines.join('\n')}`
  })
  const intro =
    '# All settings of Drover. Copy this to .env and change what you need; the real environment wins over the file.\n# Nothing here must be set. An empty value is the same as none.\n'
  return [intro, ...sections.filter((section) => section !== '')].join('\n')
}

function settingLines(name: string, schema: (typeof Settings.shape)[keyof typeof Settings.shape]): string {
  const { description = '', example } = schema.meta() as { description?: string; example?: string }
  const fallback = schema.safeParse(undefined).data
  const hint = fallback === undefined && example !== undefined ? `# For example: ${example}\n` : ''
  return `# ${description}\n${hint}${name}=${fallback ?? ''}\n`
}

const FILES = { 'docs/openapi.json': openApiDocument(), '.env.example': envExample() }
const isCheck = process.argv.includes('--check')
for (const [name, content] of Object.entries(FILES)) {
  const path = join(ROOT, name)
  const there = await readFile(path, 'utf8').catch(() => undefined)
  if (there === content) continue
  if (isCheck) {
    console.error(`${name} is not what the code says. Run: npm run generate`)
    process.exitCode = 1
    continue
  }
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
  console.log(`Wrote ${name}`)
}
