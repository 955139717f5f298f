/** What the documents name is there: files, functions, commands and their options, scripts, settings, routes. */
import { existsSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import { basename, dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import type { Cli } from '../src/cli/cli.ts'
import { createProgram } from '../src/cli/program.ts'
import { Settings } from '../src/config.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const DOCUMENTS = ['*.md', 'docs/**/*.md', 'src/**/README.md']

/** Files that people have, or that lie in data folders and workspaces. */
const FILES_ELSEWHERE = ['agents.json', 'prices.json', 'notes.md']
/** Environment that is not Drover's to set: agents' keys, what agents get, what tools read. */
const OTHER_VARIABLES = [
  'ANTHROPIC_API_KEY',
  'OPENAI_API_KEY',
  'OPENROUTER_API_KEY',
  'GEMINI_API_KEY',
  'MY_AGENT_KEY',
  'DROVER_RUN_ID',
  'DROVER_TEST_POSTGRES',
  // As in `GIT_CONFIG_*`.
  'GIT_CONFIG_',
]

interface Facts {
  exists(path: string): boolean
  /** Of the sources, without their folders: `store.ts` is many. */
  fileNames: ReadonlySet<string>
  /** All TypeScript and SQL. */
  source: string
  program: Command
  settings: ReadonlySet<string>
  scripts: ReadonlySet<string>
  routes: readonly string[]
}

/** Every name in the text that stands for nothing. `path` is the document's own, from the root. */
function findMistakes(path: string, markdown: string, facts: Facts): string[] {
  const blocks = [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].map(([, language, text = '']) => ({
    language,
    text,
  }))
  const prose = markdown.replaceAll(/^```[\s\S]*?^```/gm, '')
  const spans = [...prose.matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)].map(([, text = '']) =>
    text.replaceAll(String.raw`\|`, '|'),
  )
  const shell = blocks.filter(({ language }) => language === 'sh').flatMap(({ text }) => text.split('\n'))
  const code = [...spans, ...shell]
  const links = [...prose.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target = '']) => target)

  const isThere = (name: string) =>
    [name, join(dirname(path), name)].some((each) => facts.exists(normalize(each))) || facts.fileNames.has(name)
  const mistakes = [
    ...links.filter((target) => !/^\w+:/.test(target) && !facts.exists(normalize(join(dirname(path), target)))),
    ...spans.filter((span) => namesFile(span, path) && !isThere(fixedPart(span))),
    ...spans.filter((span) => !isKnownFunction(span, facts.source)),
    ...code.filter((text) => !runsKnownScripts(text, facts.scripts)),
    ...code.flatMap((text) => wrongCommands(text, facts.program)),
    ...code.flatMap((text) => unknownSettings(text, facts)),
    ...code.flatMap((text) => unknownRoutes(text, facts.routes)),
  ]
  return [...new Set(mistakes)]
}

const FILE = /^[\w.@<>*-]+(\/[\w.@<>*-]+)*\/?$/

/** With a slash: from the root, or from the document. Without: what ends as a file of ours may end. */
function namesFile(span: string, document: string): boolean {
  if (!FILE.test(span) || span.startsWith('.') || FILES_ELSEWHERE.includes(span)) return false
  if (/^(src|test|docs|migrations|scripts|bin)\//.test(span)) return true
  if (span.includes('/')) return document.startsWith('src/') && /\.\w+$/.test(span)
  return /\.(ts|mjs|js|md|json|yaml)$/.test(span)
}

/** `migrations/NNNN_what.sql`, `src/agents/<name>/`: up to where it is left open. */
const fixedPart = (span: string) => span.replace(/[^/]*([<*]|NNNN).*$/, '').replace(/\/$/, '')

/** `name()` is declared somewhere. Names of other programs' functions stand without brackets. */
function isKnownFunction(span: string, source: string): boolean {
  const [, name] = /^(\w+)\(.*\)$/.exec(span) ?? []
  if (name === undefined) return true
  return new RegExp(String.raw`\b(function|const|class) ${name}\b|^ {2,}(async )?${name}\(.*\{$`, 'm').test(source)
}

function runsKnownScripts(text: string, scripts: ReadonlySet<string>): boolean {
  const names = [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)].map(([, run, own]) => run ?? own ?? '')
  return names.every((name) => scripts.has(name))
}

/** A call of the command line: at the beginning, behind npx, behind variables, or by its file. What is quoted says nothing. */
const CALL = /^(?:\w+=\S* )*(?:npx )?(?:drover|node (?:\S*\/)?(?:src\/main\.ts|bin\/drover\.js)) +([a-z].*)$/

function wrongCommands(text: string, program: Command): string[] {
  const unquoted = text.replaceAll(/"[^"]*"|'[^']*'/g, 'X').replace(/\s+(#|\||&&).*$/, '')
  const [, rest] = CALL.exec(unquoted.trim()) ?? []
  if (rest === undefined) return []
  const words = rest.split(/\s+/)
  let command = program
  for (const word of words) {
    const next = command.commands.find((each) => each.name() === word)
    if (!next) {
      if (command !== program && command.commands.length === 0) break
      if (word === 'help' || (word.startsWith('-') && command !== program)) break
      return [text]
    }
    command = next
  }
  const options = words.filter((word) => word.startsWith('--')).map((word) => word.split('=')[0])
  const known = command.options.map(({ long }) => long)
  return options.every((option) => option === '--help' || known.includes(option)) ? [] : [text]
}

/** What looks like a variable: a setting, somebody else's, or a constant of the source. */
function unknownSettings(text: string, { settings, source }: Facts): string[] {
  const names = text.match(/\b(?!NNNN)[A-Z][A-Z0-9]*(?:_[A-Z0-9]*)+/g) ?? []
  const isConstant = (name: string) => new RegExp(String.raw`\bconst ${name}\b`).test(source)
  return names.filter((name) => !settings.has(name) && !OTHER_VARIABLES.includes(name) && !isConstant(name))
}

function unknownRoutes(text: string, routes: readonly string[]): string[] {
  const asked = text.match(/\/v1\/[\w/{}$-]+/g) ?? []
  const parts = (route: string) => route.replace(/\/$/, '').split('/')
  const fits = (route: string, path: string) => {
    const [wanted, given] = [parts(route), parts(path)]
    return wanted.length === given.length && wanted.every((part, n) => part.startsWith('{') || part === given[n])
  }
  return asked.filter((path) => !routes.some((route) => fits(route, path)))
}

async function readFacts(): Promise<Facts> {
  const files = await Array.fromAsync(
    glob(['{src,test,scripts}/**/*.ts', 'migrations/*.sql'], { cwd: ROOT, exclude: ['**/node_modules/**'] }),
  )
  const texts = await Promise.all(
    files.filter((file) => !file.endsWith('docs.test.ts')).map((file) => readFile(join(ROOT, file), 'utf8')),
  )
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { scripts: object }
  const { paths } = JSON.parse(await readFile(join(ROOT, 'docs/openapi.json'), 'utf8')) as { paths: object }
  const nowhere = { write: () => true }
  return {
    exists: (path) => existsSync(join(ROOT, path)),
    fileNames: new Set(files.map((file) => basename(file))),
    source: texts.join('\n'),
    program: createProgram({
      parts: { version: '0', env: {} },
      io: { stdout: nowhere, stderr: nowhere },
    } as unknown as Cli),
    settings: new Set(Object.keys(Settings.shape)),
    scripts: new Set(Object.keys(scripts)),
    routes: Object.keys(paths),
  }
}

const documents = await Array.fromAsync(glob(DOCUMENTS, { cwd: ROOT, exclude: ['**/node_modules/**'] }))
const facts = await readFacts()

test('the documents that must be there are looked at', () => {
  expect(documents).toEqual(
    expect.arrayContaining([
      'README.md',
      'ARCHITECTURE.md',
      'AGENTS.md',
      'CONTRIBUTING.md',
      'CHANGELOG.md',
      'src/agents/acp/README.md',
      'docs/decisions/0001-hono-not-nestjs.md',
    ]),
  )
})

test.each(documents)('what %s names is there', async (path) => {
  expect(findMistakes(path, await readFile(join(ROOT, path), 'utf8'), facts)).toEqual([])
})

test('AGENTS.md is short enough to be read', async () => {
  const lines = (await readFile(join(ROOT, 'AGENTS.md'), 'utf8')).split('\n')
  expect(lines.length).toBeLessThan(100)
})

test.each([
  ['a file that is not there', '`src/worker/nothing.ts`'],
  ['a folder that is not there', '`src/nowhere/`'],
  ['a pattern in a folder that is not there', '`src/nowhere/<name>/README.md`'],
  ['a file of the root that is not there', '`nothing.config.ts`'],
  ['a link to nowhere', '[more](docs/nothing.md)'],
  ['a function of TypeScript that is gone', '`startNothing()`'],
  ['a function of SQL that is gone', '`claim_nothing()`'],
  ['a script that package.json lacks', '`npm run nothing`'],
  ['a script in a block', '```sh\nnpm ci && npm run nothing\n```'],
  ['a command', '`drover nothing`'],
  ['a command of a command', '`drover task nothing`'],
  ['a command behind npx and a variable', '```sh\nDATABASE_URL=postgres://x npx drover nothing\n```'],
  ['a command by its file', '```sh\nnode src/main.ts nothing\n```'],
  ['an option', '```sh\ndrover task logs ID --nothing # all of it\n```'],
  ['a setting', '`DROVER_NOTHING=1`'],
  ['a setting in a block', '```sh\nDROVER_NOTHING=1 drover up\n```'],
  ['a route', '`GET /v1/nothing`'],
  ['a route below one that is there', '```sh\ncurl http://127.0.0.1/v1/tasks/$ID/nothing\n```'],
])('%s is found', (_, planted) => {
  expect(findMistakes('README.md', `Some text.\n\n${planted}\n`, facts)).toHaveLength(1)
})

test('what is right, foreign or only quoted is left alone', () => {
  const text = `\`src/worker/pool.ts\`, \`src/agents/<name>/\`, \`startWork()\`, \`claim_tasks()\`, \`npm test\`, \`drover task list\`,
    \`PORT\`, \`DROVER_HOME=/tmp/x\`, \`ANTHROPIC_API_KEY\`, \`agents.json\`, \`/v1/tasks/{id}/events\`, [tests](test/docs.test.ts).
\`\`\`sh
drover run "drover nothing --nothing" --repo ../app --agent scripted
drover task logs tsk_1 --follow | grep x
curl http://127.0.0.1:3000/v1/tasks/$ID/events?after=3
\`\`\`
\`\`\`text
No service runs here; src/nothing.ts
\`\`\`
`
  expect(findMistakes('README.md', text, facts)).toEqual([])
})

test('a README of a folder may name the files beside it', () => {
  expect(findMistakes('src/agents/acp/README.md', '`modes.ts` `fixtures/nothing.json`', facts)).toEqual([
    'fixtures/nothing.json',
  ])
})
