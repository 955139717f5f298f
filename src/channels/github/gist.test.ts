import { expect, test } from 'vitest'
import { failureOf } from '../../../test/channel-kit.ts'
import { openGitHub } from '../../../test/fakes/github/github-kit.ts'

const signal = () => AbortSignal.timeout(30_000)

test('a gist, public or secret, says whose it is by the id that comments have, however its address is written', async () => {
  await using kit = await openGitHub()
  const { github } = kit
  const { accounts } = kit.create().channel
  const ada = { ...github.people.ada, login: 'ada', type: 'User' }
  const author = { id: String(ada.id), name: 'ada', isBot: false }
  const secret = github.gists.add({ by: ada, text: 'ABCD-EFGH', isPublic: false })
  const id = secret.split('/').at(-1) ?? ''
  for (const url of [
    secret,
    `https://gist.github.com/${id}`,
    `${secret}/raw/proof.txt`,
    `${secret}#file-proof-txt`,
    `https://github.example.com/gist/ada/${id}`,
  ]) {
    expect(await accounts?.readProof(url, signal())).toEqual({ author, text: expect.stringContaining('ABCD-EFGH') })
  }
  expect(await accounts?.find('ADA', signal())).toEqual(author)
  expect(await accounts?.find(String(ada.id), signal())).toEqual(author)
})

test('what is no gist, is gone, is nobody’s or cannot be asked for now is told from one another', async () => {
  await using kit = await openGitHub()
  const { github } = kit
  const accounts = kit.create().channel.accounts!
  const read = async (url: string) => failureOf(accounts.readProof(url, signal()))
  expect(await read('https://example.com/x')).toMatchObject({
    kind: 'invalid',
    message: expect.stringContaining('no gist'),
  })
  const url = github.gists.add({ text: 'ABCD-EFGH' })
  expect(await read(url)).toMatchObject({ kind: 'invalid', message: expect.stringContaining('nobody’s') })
  github.gists.remove(url)
  expect(await read(url)).toMatchObject({ kind: 'gone', message: expect.stringContaining('no gist at') })
  github.faults.add(/gists/, { kind: 'rate', seconds: 7 })
  expect(await read(url)).toMatchObject({ kind: 'rate', retryAfterMs: 7000 })
  github.faults.add(/gists/, { kind: 'spent', seconds: 60 })
  expect(await read(url)).toMatchObject({ kind: 'rate' })
  github.faults.add(/gists/, { kind: 'drop-before' })
  expect(await read(url)).toMatchObject({ kind: 'transient' })
  for (const name of ['nobody-here', '../user', '']) {
    expect(['gone', 'invalid']).toContain((await failureOf(accounts.find(name, signal()))).kind)
  }
  github.setTokenValid(false)
  expect(await read(url)).toMatchObject({ kind: 'auth' })
})

test('an App asks as nobody: its own credentials count for nothing there', async () => {
  await using kit = await openGitHub()
  const { github } = kit
  const app = { GITHUB_TOKEN: '', GITHUB_APP_ID: github.appId, GITHUB_APP_PRIVATE_KEY: github.appKey }
  const { accounts } = kit.create(app).channel
  const url = github.gists.add({ by: { ...github.people.ada, login: 'ada', type: 'User' }, text: 'ABCD-EFGH' })
  expect(await accounts?.readProof(url, signal())).toMatchObject({ author: { name: 'ada' } })
})
