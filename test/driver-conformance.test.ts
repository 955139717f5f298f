import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cleanEnvironment } from '../src/lib/clean-environment.ts'
import { openFence } from '../src/workspaces/fence/open-fence.ts'
import type { Fence } from '../src/workspaces/workspace.ts'
import { CASES, type Place, type Subject } from './driver-conformance.ts'
import { SUBJECTS } from './fakes/agents.ts'

interface TestPlace extends Place, AsyncDisposable {}

async function makeFolders() {
  const root = await mkdtemp(join(tmpdir(), 'drover-conformance-'))
  const paths = { workspace: join(root, 'workspace'), home: join(root, 'home') }
  mkdirSync(paths.home)
  execFileSync('git', ['init', '-q', paths.workspace])
  return { root, paths, remove: () => rm(root, { recursive: true, force: true }) }
}

async function openFencedPlace(fence: Fence, { driver, profile }: Subject): Promise<TestPlace> {
  const { paths, remove } = await makeFolders()
  const sandbox = await fence.openSandbox({
    ...paths,
    runId: 'conformance',
    readOnly: await driver.tools(profile, process.env),
    network: [],
    slot: 90,
  })
  return {
    folder: paths.workspace,
    paths: sandbox.paths,
    launch: sandbox.launch,
    env: cleanEnvironment(process.env),
    async [Symbol.asyncDispose]() {
      await sandbox.close()
      await remove()
    },
  }
}

function openTestFence(sandbox: 'off' | 'required', stateDir: string) {
  return openFence({ sandbox, stateDir, path: process.env.PATH ?? '' })
}

const stateDir = await mkdtemp(join(tmpdir(), 'drover-fence-'))
const bubblewrap = await openTestFence('required', stateDir).catch(() => undefined)
const unfenced = await openTestFence('off', stateDir)

const PLACES: { where: string; open?: (subject: Subject) => Promise<TestPlace> }[] = [
  { where: 'without a fence', open: (subject) => openFencedPlace(unfenced, subject) },
  {
    where: 'in bubblewrap',
    ...(bubblewrap && { open: (subject: Subject) => openFencedPlace(bubblewrap, subject) }),
  },
]
const STANDS = PLACES.flatMap((place) => SUBJECTS.map((subject) => ({ ...place, who: subject.name, subject })))

beforeAll(() => {
  process.env.DROVER_TEST_SECRET = 'conformance-secret'
})

afterAll(() => rm(stateDir, { recursive: true, force: true }))

describe.for(STANDS)('$who, $where', ({ subject, open }) => {
  test.for(CASES)('$name', async ({ needs, check }, { skip }) => {
    if (!open) return skip('bubblewrap does not work on this machine')
    skip(needs !== undefined && !subject.driver.capabilities[needs], `does not apply: it has no ${needs}`)
    expect.hasAssertions()
    await using place = await open(subject)
    await check(subject, place)
  })
})
