import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const BORDER = 'no-restricted-imports'

/** A rule that stopped working looks exactly like a clean tree: so here is one break of each, and the rule that must see it. */
const BREAKS = [
  ['lib sees a record', 'src/lib/x.ts', `import { a } from '../tasks/a.ts'`],
  ['db sees a record', 'src/db/x.ts', `import { a } from '../tasks/a.ts'`],
  ['a record sees one after it', 'src/conversations/x.ts', `import { a } from '../tasks/a.ts'`],
  ['a record sees a stage', 'src/tasks/x.ts', `import { a } from '../worker/a.ts'`],
  ['a record sees a plug-in', 'src/tasks/x.ts', `import { a } from '../agents/acp/a.ts'`],
  ['a store sees a record after it', 'src/orgs/store.ts', `import { a } from '../tasks/a.ts'`],
  ['a record speaks to the database past its store', 'src/tasks/x.ts', `import { a } from 'kysely'`],
  ['a stage speaks to the database', 'src/worker/x.ts', `import { a } from 'pg'`],
  ['a stage sees another stage', 'src/inbound/x.ts', `import { a } from '../worker/a.ts'`],
  ['a file of a stage’s folder sees another stage', 'src/worker/kinds/x.ts', `import { a } from '../../outbound/a.ts'`],
  ['a stage sees a plug-in', 'src/worker/x.ts', `import { a } from '../workspaces/git/a.ts'`],
  ['a stage sees the web', 'src/worker/x.ts', `import { a } from '../http/a.ts'`],
  ['a plug-in sees a record', 'src/agents/acp/x.ts', `import { a } from '../../tasks/a.ts'`],
  ['a plug-in sees the database', 'src/workspaces/git/x.ts', `import { a } from '../../db/a.ts'`],
  ['a plug-in sees another of its family', 'src/workspaces/git/x.ts', `import { a } from '../fence/a.ts'`],
  ['a plug-in sees another family', 'src/agents/acp/x.ts', `import { a } from '../../workspaces/workspace.ts'`],
  ['a speech service sees a record', 'src/speech/deepgram/x.ts', `import { a } from '../../inbox/a.ts'`],
  ['a stage sees a speech service', 'src/inbound/x.ts', `import { a } from '../speech/deepgram/a.ts'`],
  ['a contract sees a record', 'src/agents/x.ts', `import { a } from '../tasks/a.ts'`],
  ['http sees a stage', 'src/http/x.ts', `import { a } from '../worker/a.ts'`],
  ['http sees a plug-in', 'src/http/x.ts', `import { a } from '../agents/acp/a.ts'`],
  ['http speaks to the database', 'src/http/x.ts', `import { a } from 'kysely'`],
  ['http sees the gateway', 'src/http/x.ts', `import { a } from '../gateway/a.ts'`],
  ['mcp sees a stage', 'src/mcp/x.ts', `import { a } from '../worker/a.ts'`],
  ['mcp sees the other edge', 'src/mcp/x.ts', `import { a } from '../http/a.ts'`],
  ['mcp sees a plug-in', 'src/mcp/x.ts', `import { a } from '../workspaces/git/a.ts'`],
  ['mcp speaks to the database', 'src/mcp/x.ts', `import { a } from 'kysely'`],
  ['a stage sees mcp', 'src/worker/x.ts', `import { a } from '../mcp/a.ts'`],
  ['a record sees mcp', 'src/tasks/x.ts', `import { a } from '../mcp/a.ts'`],
  ['the gateway sees a record', 'src/gateway/x.ts', `import { a } from '../usage/a.ts'`],
  ['the gateway sees the database', 'src/gateway/x.ts', `import { a } from '../db/a.ts'`],
  ['the gateway speaks to the database', 'src/gateway/x.ts', `import { a } from 'pg'`],
  ['the gateway sees what plug-ins share', 'src/gateway/x.ts', `import { a } from '../agents/turn.ts'`],
  ['a file of a folder of the gateway sees a record', 'src/gateway/y/x.ts', `import { a } from '../../tasks/a.ts'`],
  ['a record sees the gateway', 'src/usage/x.ts', `import { a } from '../gateway/a.ts'`],
  ['a stage sees the gateway', 'src/worker/kinds/x.ts', `import { a } from '../../gateway/a.ts'`],
  ['a plug-in sees the gateway', 'src/agents/acp/x.ts', `import { a } from '../../gateway/a.ts'`],
  ['a contract sees the gateway', 'src/agents/x.ts', `import { a } from '../gateway/a.ts'`],
  ['the command line sees the gateway', 'src/cli/x.ts', `import { a } from '../gateway/a.ts'`],
  ['the relay sees a record', 'src/relay/x.ts', `import { a } from '../tasks/a.ts'`],
  ['the relay speaks to the database past its store', 'src/relay/x.ts', `import { a } from 'kysely'`],
  ['the relay sees the API', 'src/relay/x.ts', `import { a } from '../http/http.ts'`],
  ['a stage sees the relay', 'src/worker/x.ts', `import { a } from '../relay/store.ts'`],
  ['usage sees a record after it', 'src/usage/x.ts', `import { a } from '../schedules/a.ts'`],
  ['tasks see usage', 'src/tasks/store.ts', `import { a } from '../usage/a.ts'`],
  ['the web framework outside http', 'src/cli/x.ts', `import { a } from 'hono'`],
  ['the command line sees a record', 'src/cli/x.ts', `import { a } from '../tasks/a.ts'`],
  ['the composition root sees a plug-in', 'src/app.ts', `import { a } from './agents/acp/a.ts'`],
  ['types only', 'src/lib/x.ts', `import type { a } from '../tasks/a.ts'`],
  ['a re-export', 'src/lib/x.ts', `export * from '../tasks/a.ts'`],
  ['an import at run time', 'src/lib/x.ts', `export const load = () => import('../tasks/a.ts')`],
]
  .map(([name = '', file = '', code = '']) => ({ break: name, file, code, rule: BORDER }))
  .concat(
    {
      break: 'a circle',
      file: 'src/lib/one.ts',
      code: `import { b } from './two.ts'\nexport const a = () => b`,
      rule: 'no-cycle',
    },
    {
      break: 'the environment read in the middle',
      file: 'src/worker/x.ts',
      code: 'export const a = process.env.A',
      rule: 'no-process-env',
    },
    { break: 'a default export', file: 'src/lib/x.ts', code: 'export default 1', rule: 'no-default-export' },
    {
      break: 'a file that is no longer one thing',
      file: 'src/lib/x.ts',
      code: 'export {}\n'.repeat(401),
      rule: 'max-lines',
    },
    {
      break: 'a promise that nobody awaits',
      file: 'src/lib/x.ts',
      code: 'export const a = () => { Promise.resolve(1) }',
      rule: 'no-floating-promises',
    },
  )

async function lint(files: Record<string, string>): Promise<{ file: string; code: string }[]> {
  const folder = await mkdtemp(join(tmpdir(), 'drover-borders-'))
  try {
    for (const name of ['oxlint.config.ts', 'tsconfig.json', 'package.json'])
      await cp(join(ROOT, name), join(folder, name))
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    for (const [name, code] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), code)
    }
    const output = await new Promise<string>((resolve) => {
      execFile(
        join(ROOT, 'node_modules/.bin/oxlint'),
        ['--type-aware', '--format', 'json', 'src'],
        { cwd: folder, maxBuffer: 64 << 20 },
        (_error, stdout) => resolve(stdout),
      )
    })
    const { diagnostics } = JSON.parse(output) as { diagnostics: { filename: string; code: string }[] }
    return diagnostics.map(({ filename, code }) => ({ file: filename, code }))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

test('the linter sees a break of every border', async () => {
  const planted = BREAKS.map((one, n) => ({ ...one, file: one.file.replace('/x.ts', `/x-${n}.ts`) }))
  const files = Object.fromEntries(planted.map(({ file, code }) => [file, code]))
  const found = await lint({ ...files, 'src/lib/two.ts': `import { b } from './one.ts'\nexport const a = () => b` })
  const unseen = planted.filter(({ file, rule }) => !found.some((one) => one.file === file && one.code.includes(rule)))
  expect(unseen).toEqual([])
})

test('what is allowed is not refused', async () => {
  const found = await lint({
    'src/tasks/store.ts': `import { a } from 'kysely'\nimport { b } from '../conversations/store.ts'\nimport type { c } from '../agents/driver.ts'\nexport const d = [a, b] satisfies c`,
    'src/worker/kinds/x.ts': `import { a } from '../../tasks/store.ts'\nimport { b } from '../pool.ts'\nexport const c = [a, b]`,
    'src/usage/store.ts': `import { a } from 'kysely'\nimport { b } from '../tasks/task.ts'\nexport const c = [a, b]`,
    'src/mcp/x.ts': `import { a } from '../usage/store.ts'\nimport { b } from '../db/scope.ts'\nexport const c = [a, b]`,
    'src/gateway/y/x.ts': `import type { a } from '../../agents/driver.ts'\nimport { b } from '../../lib/errors.ts'\nimport { c } from '../meter.ts'\nexport const d = [b, c] satisfies a`,
    'src/parts.ts': `import { a } from './gateway/gateway.ts'\nimport { b } from './mcp/a.ts'\nexport const c = [a, b]`,
    'src/agents/acp/x.ts': `import { a } from '../turn.ts'\nimport { b } from '../../lib/errors.ts'\nexport const c = [a, b]`,
  })
  expect(found.filter(({ code }) => code.includes(BORDER))).toEqual([])
})
