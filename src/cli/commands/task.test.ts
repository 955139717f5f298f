import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openTestCli } from '../../../test/cli-kit.ts'
import { startTask } from '../../../test/http-kit.ts'
import { asSystem } from '../../db/scope.ts'
import { saveArtifact } from '../../events/artifact-store.ts'
import { appendEvents } from '../../events/store.ts'
import type { Task, TaskList } from '../../http/wire.ts'
import type { Id } from '../../lib/ids.ts'
import { DEFAULT_ORG } from '../../orgs/org.ts'
import { holdFence, parkTask, settleTask } from '../../tasks/store.ts'

test('tasks are listed for people, and for programs with nothing else on standard output', async () => {
  await using cli = await openTestCli()
  expect(await cli.drover(['task', 'list'])).toMatchObject({
    code: 0,
    out: '',
    err: expect.stringContaining('drover run'),
  })
  const { id } = await startTask(cli.api, 'Fix \u001b[31mit\u0007\nnow')
  const { out } = await cli.drover(['task', 'list'])
  expect(out).toMatch(/^TASK +STATUS +AGENT +AGE +TITLE\n/)
  expect(out).toMatch(new RegExp(`^${id} {2}pending +scripted +\\d s +Fix it$`, 'm'))
  const list = JSON.parse((await cli.drover(['task', 'list', '--json', '--status', 'pending'])).out) as TaskList
  expect(list.tasks.map((task) => task.id)).toEqual([id])
  expect(await cli.drover(['task', 'list', '--limit', '0'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('limit'),
  })
})

test('a task is shown, cancelled and retried; what is not there is wrong use', async () => {
  await using cli = await openTestCli()
  const { id } = await startTask(cli.api)
  expect((await cli.drover(['task', 'show', id])).out).toContain('Say hello')
  expect(await cli.drover(['task', 'cancel', id])).toMatchObject({ code: 0, out: `${id} is cancelled.\n` })
  const retried = await cli.drover(['task', 'retry', id, '--prompt', 'Say bye', '--json'])
  expect(JSON.parse(retried.out) as Task).toMatchObject({ id, status: 'pending', prompt: 'Say bye' })
  expect(await cli.drover(['task', 'retry', id])).toMatchObject({ code: 2, err: expect.stringContaining('pending') })
  expect(await cli.drover(['task', 'show', 'tsk_none'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('tsk_none'),
  })
})

test('a question is answered with the number, the name or the id of a choice', async () => {
  await using cli = await openTestCli()
  for (const typed of ['2', 'deny', 'DENY IT', 'd']) {
    const { id } = await startTask(cli.api)
    const run = await cli.api.claim()
    const choices = [
      { id: 'a', label: 'Allow it' },
      { id: 'd', label: 'Deny it' },
    ]
    await asSystem(cli.api.database, async (db) => {
      await appendEvents(db, run, [
        { type: 'question', id: 'q', kind: 'permission', title: 'May I?', choices, freeText: false },
      ])
      await parkTask(db, run, 'input')
    })
    expect((await cli.drover(['task', 'show', id])).err).toContain('1) Allow it')
    expect((await cli.drover(['task', 'answer', id])).code).toBe(2)
    const answered = await cli.drover(['task', 'answer', id, typed])
    expect([typed, answered.code]).toEqual([typed, typed === 'deny' ? 2 : 0])
    await cli.drover(['task', 'cancel', id])
  }
})

test('logs show what happened in lines, or every event as JSON', async () => {
  await using cli = await openTestCli()
  const { id } = await startTask(cli.api)
  const run = await cli.api.claim()
  await asSystem(cli.api.database, async (db) => {
    await appendEvents(db, run, [
      { type: 'step', text: 'Cloned' },
      { type: 'text', text: 'Hel' },
      { type: 'text', text: 'lo\u001b]0;evil\u0007' },
      { type: 'tool', id: 't', kind: 'edit', title: 'write a.txt', state: 'running' },
      { type: 'tool', id: 't', kind: 'edit', title: 'write a.txt', state: 'done', output: 'ok' },
      { type: 'notice', level: 'warn', code: 'retry', text: 'Slow' },
    ])
    await settleTask(db, run, 'completed', { result: { text: 'Hello', durationMs: 1 } })
  })
  const { out, err } = await cli.drover(['task', 'logs', id])
  expect(out).toBe('Hello\n')
  expect(err).toBe(`· Cloned\n• write a.txt\nSlow\n${id} is completed.\n`)
  const lines = (await cli.drover(['task', 'logs', id, '--json', '--follow'])).out.trim().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('what a task changed can be piped on', async () => {
  await using cli = await openTestCli()
  const { id } = await startTask(cli.api)
  expect(await cli.drover(['task', 'diff', id])).toMatchObject({
    code: 2,
    err: expect.stringContaining('changed nothing'),
  })
  const run = await cli.api.claim()
  await asSystem(cli.api.database, async (db) => {
    await holdFence(db, run)
    await saveArtifact(db, run, { kind: 'diff', name: 'changes.diff', content: '+new\n' })
  })
  expect(await cli.drover(['task', 'diff', id])).toEqual({ code: 0, out: '+new\n', err: '' })
})

test('the files of a task are listed, and saved where they take no other file’s place', async () => {
  await using cli = await openTestCli()
  const { id } = await startTask(cli.api)
  expect(await cli.drover(['task', 'files', id])).toMatchObject({ code: 0, out: '', err: 'This task has no files.\n' })
  const pixels = Buffer.from([0x89, 0x50, 0xff, 0x00])
  await asSystem(cli.api.database, async (db) => {
    const to = { orgId: DEFAULT_ORG, taskId: id as Id<'task'> }
    await saveArtifact(db, to, { kind: 'attachment', name: '../shot.png', mediaType: 'image/png', content: pixels })
    await saveArtifact(db, to, { kind: 'attachment', name: 'shot.png', content: 'another' })
  })
  expect((await cli.drover(['task', 'files', id])).out).toMatch(
    /^art_\w+ +attachment +4 B +\d s +image\/png +..\/shot.png$/m,
  )

  const folder = await mkdtemp(join(tmpdir(), 'drover-files-'))
  const save = () => cli.drover(['task', 'files', id, '--save', join(folder, 'in')])
  expect((await save()).out).toBe(`${folder}/in/shot.png\n${folder}/in/shot-2.png\n`)
  expect(await readdir(folder)).toEqual(['in'])
  expect(await readFile(join(folder, 'in/shot.png'))).toEqual(pixels)
  await rm(join(folder, 'in/shot.png'))
  expect(await save()).toMatchObject({ code: 1, err: expect.stringContaining('shot-2.png is there already') })
  expect(await readdir(join(folder, 'in'))).toEqual(['shot-2.png'])
  await rm(folder, { recursive: true })
})
