import { expect, test } from 'vitest'
import { openGitHub } from '../../../test/fakes/github/github-kit.ts'

const signal = () => AbortSignal.timeout(30_000)

test('an App has a token for where it is installed, none for other repositories, and none for other hosts', async () => {
  await using kit = await openGitHub()
  const { github } = kit
  const app = { GITHUB_APP_ID: github.appId, GITHUB_APP_PRIVATE_KEY: github.appKey.replaceAll('\n', String.raw`\n`) }
  const { gitToken } = kit.create(app).channel
  expect(await gitToken?.(`${github.url}/ada/hello.git`, signal())).toMatch(/^gh/)
  github.closed.add('ada/closed')
  expect(await gitToken?.(`${github.url}/ada/closed.git`, signal())).toBeUndefined()
  expect(await gitToken?.('https://git.example.com/ada/hello.git', signal())).toBeUndefined()
  github.faults.add(/^GET \/repos\/eve\/away\/installation/, { kind: 'server-error' })
  await expect(gitToken?.(`${github.url}/eve/away.git`, signal())).rejects.toMatchObject({ kind: 'transient' })
})

test('a personal token is for all of that GitHub', async () => {
  await using kit = await openGitHub()
  const { gitToken } = kit.create().channel
  expect(await gitToken?.(`${kit.github.url}/any/thing`, signal())).toBe(kit.github.botToken)
})
