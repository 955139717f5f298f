import { expect, test } from 'vitest'
import { openTestCli } from '../../../test/cli-kit.ts'
import { registerConsole } from '../../../test/console-kit.ts'

test('an account is linked to whom a name or an id names, taken back, and all of it is in the audit log', async () => {
  await using cli = await openTestCli()
  await registerConsole(cli.api, ['telegram', 'slack'])
  const run = (line: string) => cli.drover(line.split(' '))
  expect((await run('audit')).err).toContain('Nothing was changed yet.')
  await run('people add telegram 1 --name Ann --role owner')
  expect((await run('people link ann slack U1 --tenant T1')).out).toBe('Ann (owner): telegram/1, slack/T1/U1\n')
  expect(await run('people link Bob slack U1')).toMatchObject({
    code: 2,
    err: expect.stringContaining('Nobody is called Bob'),
  })
  expect((await run('people unlink Ann slack U1 --tenant T1')).out).toContain('is no account of Ann any more.')
  expect(await run('people unlink Ann telegram 1')).toMatchObject({
    code: 2,
    err: expect.stringContaining('only account'),
  })
  const { out } = await run('audit')
  expect(out).toMatch(/^SEQ +AGE +BY +DID +TO +DETAIL\n/)
  expect(out).toMatch(/test +account-linked +Ann +how: override, account: slack\/T1\/U1\n/)
  const paged = await run('audit --limit 1')
  expect(paged.out).toContain('account-unlinked')
  const [, next = ''] = /drover (audit --before \d+)/.exec(paged.err) ?? []
  expect((await run(next)).out).not.toContain('account-unlinked')
  expect(JSON.parse((await run('audit --json')).out).audit).toHaveLength(4)
})
