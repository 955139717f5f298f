import { expect, test } from 'vitest'
import { openTestCli, runWith } from '../../test/cli-kit.ts'
import { UserError } from '../lib/errors.ts'

test('help lists every command and exit code, on standard output', async () => {
  const { code, out, err } = await runWith(['--help'], {})
  expect([code, err]).toEqual([0, ''])
  const working = ['up', 'worker', 'run', 'chat', 'task', 'codebase', 'agents', 'workers', 'schedule', 'key']
  const talking = ['why', 'inbox', 'deliveries', 'people', 'channels']
  const local = ['migrate', 'doctor', 'config', 'demo', 'completion']
  for (const name of [...working, ...talking, ...local]) {
    expect(out).toMatch(new RegExp(`^  ${name}\\b`, 'm'))
  }
  expect(out).toMatch(/Exit codes:\n {2}0 {4}done[^]*130 {2}interrupted/)
  expect(await runWith(['--version'], {})).toMatchObject({ code: 0, out: '0.0.0-test\n' })
})

test('wrong use is 2, and says what may have been meant', async () => {
  expect(await runWith(['tsk'], {})).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringContaining('Did you mean task?'),
  })
  expect(await runWith(['task', 'lst'], {})).toMatchObject({
    code: 2,
    err: expect.stringContaining('Did you mean list?'),
  })
  expect(await runWith(['run', 'x', '--reop', 'y'], {})).toMatchObject({
    code: 2,
    err: expect.stringContaining('--repo'),
  })
  expect((await runWith(['run'], {})).code).toBe(2)
  expect((await runWith(['up', '--port', 'many'], {})).err).toContain('A port is a number')
  expect((await runWith([], {})).code).toBe(2)
})

test('every command has an example or speaks for itself, and takes --json', async () => {
  for (const command of ['run', 'chat', 'up', 'agents', 'config', 'doctor']) {
    const { out } = await runWith([command, '--help'], {})
    expect(out).toContain('--json')
  }
  expect((await runWith(['task', 'retry', '--help'], {})).out).toContain('Examples:\n  drover task retry')
})

test('mistakes in the settings are 2, all in one go, and without a stack', async () => {
  const { code, err } = await runWith(['task', 'list'], { env: { PORT: 'x', DROVER_URL: 'y' } })
  expect(code).toBe(2)
  expect(err).toContain('PORT')
  expect(err).toContain('DROVER_URL')
  expect(err).not.toContain('at ')
})

test('a service that does not answer is 3, and says how to start it', async () => {
  const env = { DROVER_URL: 'http://127.0.0.1:1', DROVER_API_KEY: 'x' }
  expect(await runWith(['task', 'list'], { env })).toMatchObject({ code: 3, err: expect.stringContaining('drover up') })
})

test('a key that is refused is 4, and so is none', async () => {
  await using cli = await openTestCli()
  const wrong = { DROVER_URL: cli.url, DROVER_API_KEY: 'drover_wrong' }
  expect(await cli.drover(['task', 'list'], { env: wrong })).toMatchObject({ code: 4, out: '' })
  const none = await cli.drover(['task', 'list'], { env: { DROVER_URL: cli.url } })
  expect(none).toMatchObject({ code: 4, err: expect.stringContaining('drover key create') })
})

test('what somebody can act on is told without a stack; a mistake of ours with one', async () => {
  const known = await runWith(['migrate'], {
    migrate: async () => {
      throw new UserError('database', 'The server does not answer.')
    },
  })
  expect(known).toEqual({ code: 1, out: '', err: 'drover: The server does not answer.\n' })
  const unknown = await runWith(['migrate'], {
    migrate: async () => {
      throw new TypeError('x is undefined')
    },
  })
  expect(unknown.code).toBe(1)
  expect(unknown.err).toMatch(/should not: x is undefined[^]*run-cli\.test\.ts/)
})

test('local commands do what main.ts gives them', async () => {
  expect(await runWith(['migrate'], { migrate: async () => ['0001_orgs'] })).toMatchObject({
    code: 0,
    out: 'Applied 0001_orgs\n',
  })
  const doctor = async () => [
    { name: 'git', status: 'ok' as const, message: 'git 2.39' },
    { name: 'fence', status: 'fail' as const, message: 'Install bubblewrap.' },
  ]
  const checked = await runWith(['doctor'], { doctor })
  expect(checked).toMatchObject({ code: 1, out: expect.stringContaining('✗ fence  Install bubblewrap.') })
  expect(JSON.parse((await runWith(['doctor', '--json'], { doctor })).out)).toMatchObject({ ok: false })
  expect((await runWith(['demo'], { demo: async () => 0 })).code).toBe(0)
})

test('every setting is shown, and no secret', async () => {
  const env = { PORT: '4000', GITHUB_TOKEN: 'ghp_verysecret' }
  const { out } = await runWith(['config', '--json'], { env })
  const { settings } = JSON.parse(out) as { settings: { name: string; value: string | null; isDefault: boolean }[] }
  const of = (name: string) => settings.find((setting) => setting.name === name)
  expect(of('PORT')).toMatchObject({ value: '4000', isDefault: false })
  expect(of('HOST')).toMatchObject({ value: '127.0.0.1', isDefault: true })
  expect(of('GITHUB_TOKEN')).toMatchObject({ value: 'set' })
  expect(of('DATABASE_URL')).toMatchObject({ value: null })
  const shown = await runWith(['config'], { env })
  expect(shown.out + shown.err + out).not.toContain('verysecret')
})

test('up says where it listens, drains on the first signal, and ends well', async () => {
  let isStopped = false
  const running = runWith(['up', '--port', '0'], {
    async startService(options) {
      setTimeout(() => process.emit('SIGTERM'), 50)
      return {
        url: `http://127.0.0.1:${options.port}`,
        apiKey: 'k',
        summary: ['Agent: scripted.'],
        async stop() {
          isStopped = true
        },
      }
    },
  })
  const { code, out, err } = await running
  expect({ code, isStopped }).toEqual({ code: 0, isStopped: true })
  expect(out).toContain('listens on http://127.0.0.1:0')
  expect(out).toContain('Agent: scripted.')
  expect(err).toContain('Once more stops at once')
})

test('colours come only where they are wanted', async () => {
  const doctor = async () => [{ name: 'git', status: 'ok' as const, message: 'fine' }]
  const wants = async (env: NodeJS.ProcessEnv) => (await runWith(['doctor'], { env, doctor })).out.includes('\u001b[')
  expect(await wants({})).toBe(false)
  expect(await wants({ FORCE_COLOR: '1' })).toBe(true)
  expect(await wants({ FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false)
})
