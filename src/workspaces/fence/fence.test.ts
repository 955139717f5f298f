import { mkdirSync } from 'node:fs'
import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { fenceKinds, openTestFence, runScript, scratchFolder } from '../../../test/fakes/workspace-kit.ts'
import type { Fence, SandboxSpec } from '../workspace.ts'
import { openFence } from './open-fence.ts'

const kinds = await fenceKinds()

async function openSandbox(kind: Fence['kind'], more: Partial<SandboxSpec> = {}) {
  const folder = await scratchFolder()
  const fence = await openTestFence(kind, folder.path)
  const [workspace, home] = [join(folder.path, 'workspace'), join(folder.path, 'home')]
  for (const path of [workspace, home]) mkdirSync(path, { recursive: true })
  const runId = `run_${process.pid}_${Math.random().toString(36).slice(2)}`
  const spec = { runId, workspace, home, readOnly: [], network: [], slot: 1, ...more }
  const sandbox = await fence.openSandbox(spec)
  const close = async () => {
    await sandbox.close()
    await folder[Symbol.asyncDispose]()
  }
  return { ...sandbox, spec, fence, folder: folder.path, [Symbol.asyncDispose]: close }
}

/** Resolves when a file appears, written by a program inside. */
async function appears(path: string): Promise<string> {
  for (;;) {
    const found = await readFile(path, 'utf8').catch(() => '')
    if (found !== '') return found.trim()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Whether any process of this machine carries the mark. */
async function isAnythingLeft(fence: Fence, mark: string) {
  return (await fence.sweep(mark)) > 0
}

describe.each(kinds)('a sandbox of kind %s', (kind) => {
  test('runs a program with its input, output, working directory and exit code', async () => {
    await using box = await openSandbox(kind)
    const contained = box.launch({ file: 'sh', args: ['-c', 'cat; pwd; echo oops >&2; exit 9'], env: {} })
    contained.stdin.end('from outside\n')
    const [out, err, exit] = await Promise.all([text(contained.stdout), text(contained.stderr), contained.exited])
    expect(out).toBe(`from outside\n${box.paths.workspace}\n`)
    expect(err).toBe('oops\n')
    expect(exit.code).toBe(9)
  })

  test('shows the workspace, a private home, the given environment and the mark, and nothing of ours', async () => {
    await using box = await openSandbox(kind)
    const { stdout } = await runScript(box.launch, 'touch made "$HOME/kept"; env', { GIVEN: 'yes' })
    expect(stdout).toContain('GIVEN=yes')
    expect(stdout).toContain(`HOME=${box.paths.home}`)
    expect(stdout).toContain(`DROVER_RUN_ID=${box.spec.runId}`)
    expect(stdout).not.toContain('VITEST')
    await stat(join(box.spec.workspace, 'made'))
    await stat(join(box.spec.home, 'kept'))
  })

  test('lets a program that has used its door write more than is read at the moment', async () => {
    const door = (_: IncomingMessage, response: ServerResponse) => void response.end('hello')
    await using box = await openSandbox(kind, { door, readOnly: [process.execPath] })
    const script = `await (await fetch(process.env.DOOR)).text()
      process.exitCode = require('node:fs').writeSync(1, 'x'.repeat(2e7)) === 2e7 ? 0 : 1`
    const contained = box.launch({
      file: process.execPath,
      args: ['--eval', `(async () => { ${script} })()`],
      env: { DOOR: box.doorUrl ?? '' },
    })
    contained.stdin.end()
    const [out, err, exit] = await Promise.all([text(contained.stdout), text(contained.stderr), contained.exited])
    expect({ err, code: exit.code, length: out.length }).toEqual({ err: '', code: 0, length: 2e7 })
  })

  test('says so when a program cannot be started, and throws nothing', async () => {
    await using box = await openSandbox(kind)
    for (const file of ['no-such-program', 'with\0nul']) {
      const contained = box.launch({ file, args: [], env: {} })
      contained.stdout.resume()
      contained.stderr.resume()
      expect((await contained.exited).error).toBeInstanceOf(Error)
    }
    const forged = box.launch({ file: 'true', args: [], env: { A: 'x\0--setenv\0B\0forged' } })
    expect((await forged.exited).error).toBeInstanceOf(Error)
  })

  test('stops a program by the end of its input', async () => {
    await using box = await openSandbox(kind)
    const contained = box.launch({ file: 'sh', args: ['-c', 'trap "exit 1" TERM; cat; exit 3'], env: {} })
    contained.stdout.resume()
    contained.stderr.resume()
    expect((await contained.stop(30_000)).code).toBe(3)
  })

  test('stops a program that ignores its input by SIGTERM, and lets it say goodbye', async () => {
    await using box = await openSandbox(kind)
    const script = 'trap "echo bye; exit 5" TERM; echo up; while :; do sleep 0.02; done'
    const contained = box.launch({ file: 'sh', args: ['-c', script], env: {} })
    const said = text(contained.stdout)
    await new Promise((resolve) => contained.stdout.once('readable', resolve))
    expect((await contained.stop(8000)).code).toBe(5)
    expect(await said).toBe('up\nbye\n')
  })

  test('kills a program that ignores everything, and all that it started', async () => {
    await using box = await openSandbox(kind)
    const script =
      'trap "" TERM; setsid sh -c "trap \\"\\" TERM; echo up > up; while :; do sleep 1; done" & wait; sleep 1000'
    const contained = box.launch({ file: 'sh', args: ['-c', script], env: {} })
    await appears(join(box.spec.workspace, 'up'))
    const exit = await contained.stop(100)
    expect(exit.signal === 'SIGKILL' || exit.code === 137).toBe(true)
    expect(await contained.stop()).toEqual(exit)
    expect(await isAnythingLeft(box.fence, box.spec.runId)).toBe(false)
  })

  test('takes along what a program left in the background when it ended by itself', async () => {
    await using box = await openSandbox(kind)
    const { exit } = await runScript(
      box.launch,
      'setsid sh -c "echo up > up; sleep 1000" & while [ ! -s up ]; do sleep 0.01; done',
    )
    expect(exit.code).toBe(0)
    expect(await isAnythingLeft(box.fence, box.spec.runId)).toBe(false)
  })

  test('ends all its programs when it closes, and starts no more', async () => {
    await using box = await openSandbox(kind)
    const running = [1, 2, 3].map(() => box.launch({ file: 'sleep', args: ['1000'], env: {} }))
    await box.close()
    for (const contained of running) expect((await contained.exited).code).not.toBe(0)
    expect((await box.launch({ file: 'true', args: [], env: {} }).exited).error?.message).toContain('closed')
    expect(await isAnythingLeft(box.fence, box.spec.runId)).toBe(false)
  })

  test('sweeps what carries a mark or a part of it, and nothing else', async () => {
    await using one = await openSandbox(kind)
    await using other = await openSandbox(kind, { slot: 2 })
    const [mine, neighbour] = [one, other].map((box) => box.launch({ file: 'sleep', args: ['1000'], env: {} }))
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(await one.fence.sweep(one.spec.runId.slice(0, -1))).toBe(0)
    expect(await one.fence.sweep(one.spec.runId)).toBeGreaterThan(0)
    expect((await mine!.exited).code).not.toBe(0)
    expect(await Promise.race([neighbour!.exited, Promise.resolve('alive')])).toBe('alive')
  })
})

describe('what can be had', () => {
  const fenceWith = async (sandbox: 'auto' | 'off' | 'required', path: string) => {
    await using folder = await scratchFolder()
    return await openFence({ sandbox, path, stateDir: folder.path })
  }

  test('without bubblewrap there is no fence, and the sentence says what to install', async () => {
    const fence = await fenceWith('auto', '/nowhere')
    expect(fence.kind).toBe('none')
    expect(fence.explanation).toContain('apt-get install bubblewrap')
  })

  test('a fence that is required and cannot be had is an error with the same sentence', async () => {
    await expect(fenceWith('required', '/nowhere')).rejects.toMatchObject({
      code: 'no-fence',
      message: expect.stringMatching(/apt-get install bubblewrap/),
    })
  })

  test('a fence that is switched off is none, and says that agents have all rights', async () => {
    const fence = await fenceWith('off', process.env['PATH'] ?? '')
    expect(fence.kind).toBe('none')
    expect(fence.explanation).toContain('all rights')
  })

  test.skipIf(!kinds.includes('bubblewrap'))('a bubblewrap that fails is none, with its own words', async () => {
    await using folder = await scratchFolder()
    await chmod(folder.path, 0o755)
    await writeFile(
      join(folder.path, 'bwrap'),
      '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2\nexit 1\n',
      { mode: 0o755 },
    )
    const fence = await fenceWith('auto', `${folder.path}:/usr/bin:/bin`)
    expect(fence.kind).toBe('none')
    expect(fence.explanation).toContain('User namespaces are closed')
  })
})
