import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  createBareRepository,
  createTestWorkspaces,
  fenceKinds,
  findByMark,
  requestFor,
  runScript,
  scratchFolder,
} from '../../../test/fakes/workspace-kit.ts'

const kinds = await fenceKinds()
const signal = new AbortController().signal
const quiet = () => {}
/** Enough files that an opening takes a while. */
const FILES = Object.fromEntries(
  Array.from({ length: 300 }, (_, index) => [`d${index % 20}/file${index}.txt`, `${index}\n`.repeat(50)]),
)

describe.each(kinds)('after a kill -9, in a fence of kind %s', (kind) => {
  test('an opening that was cut anywhere is done again from the start, whole', async () => {
    await using folder = await scratchFolder()
    const url = createBareRepository(join(folder.path, 'origin'), FILES)
    const place = join(folder.path, 'drover')
    mkdirSync(place)
    const script = join(import.meta.dirname, '../../../test/fakes/opening-to-kill.ts')
    const cuts = { early: 0, late: 0 }
    for (const delayMs of [0, 40, 90, 150, 300]) {
      const child = spawn(process.execPath, [script, place, url, kind], { stdio: ['ignore', 'pipe', 'inherit'] })
      // Waited for from now on: a fast opening has ended by itself before it is killed.
      const closed = once(child, 'close')
      let said = ''
      child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
      const first = await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => 'ended')])
      expect(first).not.toBe('ended')
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      child.kill('SIGKILL')
      await closed
      cuts[said.includes('opened') ? 'late' : 'early']++

      const workspaces = await createTestWorkspaces(kind, place)
      const workspace = await workspaces.open(requestFor(url), quiet, signal)
      const { stdout } = await runScript(
        workspace.launch,
        'git status --porcelain; git fsck 2>&1; find . -name "*.txt" | wc -l',
      )
      expect(stdout.trim()).toBe('300')
      expect(findByMark(`run_${child.pid}_`)).toEqual([])
      await workspace.close()
      expect(readdirSync(join(place, 'workspaces/.slots'))).toEqual(['1'])
      expect(await workspaces.remove('wsp_one')).toBe(true)
      expect(readdirSync(join(place, 'cache')).filter((name) => name.includes('.new'))).toEqual([])
    }
    expect(cuts.early).toBeGreaterThan(0)
  })

  test("a half-made folder, a half-made cache and locks of dead commands stand in nobody's way", async () => {
    await using folder = await scratchFolder()
    const url = createBareRepository(join(folder.path, 'origin'))
    const place = join(folder.path, 'drover')
    for (const path of ['workspaces/wsp_one/repo/.git', 'cache/cbs_one.git.new-1/objects'])
      mkdirSync(join(place, path), { recursive: true })
    const workspaces = await createTestWorkspaces(kind, place)
    const first = await workspaces.open(requestFor(url), quiet, signal)
    expect(first.origin).toBe('fresh')
    await first.close()

    const anHourAgo = Date.now() / 1000 - 3600
    for (const name of ['packed-refs.lock', 'refs/remotes/origin/main.lock', 'config.lock']) {
      const path = join(place, 'cache/cbs_one.git', name)
      writeFileSync(path, '')
      utimesSync(path, anHourAgo, anHourAgo)
    }
    const second = await workspaces.open(requestFor(url), quiet, signal)
    await runScript(
      second.launch,
      'echo 1 > one.txt; touch .git/HEAD.lock .git/refs/heads/drover/work.lock .git/index.lock',
    )
    await second.commit('One')
    await second.push(await second.harvest())
    await second.close()
    expect(readdirSync(join(place, 'cache/cbs_one.git')).filter((name) => name.endsWith('.lock'))).toEqual([])
  })
})
