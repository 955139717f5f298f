import { expect, test } from 'vitest'
import { openTestCli } from '../../../test/cli-kit.ts'
import type { CodebaseList, CreatedApiKey, ScheduleList } from '../../http/wire.ts'

test('a codebase is added by the path of any folder in it, listed, and removed', async () => {
  await using cli = await openTestCli()
  expect(await cli.drover(['codebase', 'add', '.git'])).toMatchObject({
    code: 0,
    out: expect.stringContaining(`Added app: ${cli.repository}`),
  })
  expect(await cli.drover(['codebase', 'add', '.'])).toMatchObject({ code: 2, err: expect.stringContaining('--name') })
  expect((await cli.drover(['codebase', 'add', '.', '--name', 'again'])).code).toBe(0)
  const { codebases } = JSON.parse((await cli.drover(['codebase', 'list', '--json'])).out) as CodebaseList
  expect(codebases.map(({ name }) => name)).toEqual(['again', 'app'])
  expect((await cli.drover(['codebase', 'remove', 'app'])).out).toBe('Removed app.\n')
  expect((await cli.drover(['codebase', 'list'])).out).toMatch(/^NAME[^]*\nagain {2}/)
})

test('a schedule is added for the repository of the folder, listed, and removed by its name', async () => {
  await using cli = await openTestCli()
  const add = ['schedule', 'add', 'weekly', '--prompt', 'Update', '--timezone', 'UTC', '--cron']
  expect(await cli.drover([...add, 'monday'])).toMatchObject({ code: 2, err: expect.stringContaining('0 9 * * 1-5') })
  expect((await cli.drover([...add, '0 6 * * 1'])).out).toMatch(/^Added weekly: next on /)
  const { schedules } = JSON.parse((await cli.drover(['schedule', 'list', '--json'])).out) as ScheduleList
  expect(schedules).toMatchObject([{ name: 'weekly', timezone: 'UTC' }])
  expect((await cli.drover(['schedule', 'remove', 'weekly'])).code).toBe(0)
  expect(await cli.drover(['schedule', 'list'])).toMatchObject({
    out: '',
    err: expect.stringContaining('No schedules'),
  })
})

test('a key is printed alone, so that it can be caught, and is worth nothing once revoked', async () => {
  await using cli = await openTestCli()
  const token = (await cli.drover(['key', 'create', 'ci'])).out.trim()
  const env = { DROVER_URL: cli.url, DROVER_API_KEY: token }
  expect((await cli.drover(['key', 'list'], { env })).out).toMatch(/ci +\d s ago/)
  const { id } = JSON.parse((await cli.drover(['key', 'create', 'two', '--json'])).out) as CreatedApiKey
  expect((await cli.drover(['key', 'revoke', id], { env })).out).toBe(`Revoked ${id}.\n`)
  expect(await cli.drover(['key', 'revoke', id])).toMatchObject({ code: 2 })
})

test('agents and workers are listed, with what to do', async () => {
  await using cli = await openTestCli()
  expect((await cli.drover(['agents'])).out).toMatch(/^\* +scripted +1 +not needed +Scripted$/m)
  expect((await cli.drover(['workers'])).err).toContain('drover up')
})
