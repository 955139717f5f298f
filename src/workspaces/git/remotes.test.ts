import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startGitHttpServer, type GitHttpOptions } from '../../../test/fakes/git-http-server.ts'
import { startSshServer, whyNoSsh } from '../../../test/fakes/ssh-server.ts'
import {
  createBareRepository,
  createTestWorkspaces,
  fenceKinds,
  git,
  requestFor,
  runScript,
  scratchFolder,
} from '../../../test/fakes/workspace-kit.ts'
import type { Remote } from '../workspace.ts'
import type { SshSettings } from './connection.ts'

const [kind = 'none'] = await fenceKinds()
const signal = new AbortController().signal
const quiet = () => {}
const TOKEN = 'ghp_0123456789abcdefSECRET'

/** A bare repository `r.git`, and workspaces to open it in, by whatever way leads there. */
async function setUp(ssh?: SshSettings) {
  const folder = await scratchFolder()
  const bare = createBareRepository(join(folder.path, 'served', 'r.git'))
  const place = join(folder.path, 'drover')
  mkdirSync(place)
  const workspaces = await createTestWorkspaces(kind, place, ssh ? { ssh } : {})
  const open = ({ token, ...remote }: Omit<Remote, 'codebaseId' | 'token'> & { token?: string }) =>
    workspaces.open(
      requestFor('', { remote: { codebaseId: 'cbs_one', ...remote, ...(token && { token: async () => token }) } }),
      quiet,
      signal,
    )
  return {
    folder: folder.path,
    place,
    bare,
    workspaces,
    open,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

async function setUpHttp(options: Omit<GitHttpOptions, 'root'> = { token: TOKEN }) {
  const place = await setUp()
  const server = await startGitHttpServer({ root: join(place.folder, 'served'), ...options })
  const close = async () => {
    await server.stop()
    await place[Symbol.asyncDispose]()
  }
  return { ...place, server, url: `${server.url}/r.git`, [Symbol.asyncDispose]: close }
}

/** Nothing that looks like a clone, a cache or a taken slot. */
function leftovers(place: string) {
  const names = ['workspaces', 'cache'].flatMap((name) =>
    existsSync(join(place, name)) ? readdirSync(join(place, name)) : [],
  )
  return names.filter((name) => name !== 'config' && name !== '.slots')
}

/** Collects what every process of this machine shows in its arguments, until stopped. */
function watchArguments() {
  const seen = new Set<string>()
  const look = () => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        seen.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
      } catch {
        // Gone already.
      }
    }
  }
  const timer = setInterval(look, 3)
  return { seen, [Symbol.dispose]: () => clearInterval(timer) }
}

describe('over https', () => {
  test('a token opens the repository for reading and writing, and is found nowhere afterwards', async () => {
    await using place = await setUpHttp()
    using watch = watchArguments()
    const workspace = await place.open({ url: place.url, token: TOKEN })
    const { stdout } = await runScript(
      workspace.launch,
      'echo 1 > one.txt; git remote -v; git config -l; env; cat /proc/*/environ',
    )
    await workspace.commit('One')
    await workspace.push(await workspace.harvest())
    await workspace.close()
    expect(git(place.bare, 'show', 'drover/work:one.txt')).toBe('1')
    expect(stdout).toContain(place.url)

    const forms = [TOKEN, Buffer.from(`x-access-token:${TOKEN}`).toString('base64')]
    const all = [...watch.seen].join('\n')
    expect(all).toContain('ls-remote')
    for (const form of forms) {
      expect(stdout).not.toContain(form)
      expect(all).not.toContain(form)
      expect(spawnSync('grep', ['-rl', form, place.place], { encoding: 'utf8' })).toMatchObject({
        status: 1,
        stdout: '',
      })
    }
  })

  test('without a token, or with a wrong one, the error says what to set, and nothing is left behind', async () => {
    await using place = await setUpHttp()
    await expect(place.open({ url: place.url })).rejects.toMatchObject({
      code: 'git-auth',
      message: expect.stringContaining('Set a token'),
    })
    await expect(place.open({ url: place.url, token: 'wrong' })).rejects.toMatchObject({
      code: 'git-auth',
      message: expect.stringContaining('refuses the token'),
    })
    expect(leftovers(place.place)).toEqual([])
  })

  test('an unknown repository is unknown, with a token and without', async () => {
    await using place = await setUpHttp({})
    const url = `${place.server.url}/nothing.git`
    await expect(place.open({ url })).rejects.toMatchObject({
      code: 'repository-unknown',
      message: expect.stringContaining('private'),
    })
    await expect(place.open({ url, token: TOKEN })).rejects.toMatchObject({ code: 'repository-unknown' })
    expect(leftovers(place.place)).toEqual([])
  })

  test('a token is not carried along a redirect', async () => {
    await using there = await setUpHttp({})
    await using place = await setUpHttp({
      instead: { status: 302, location: `${there.url}/info/refs?service=git-upload-pack` },
    })
    await expect(place.open({ url: place.url, token: TOKEN })).rejects.toMatchObject({ code: 'repository-moved' })
    expect(there.server.requests).toEqual([])
  })

  test('a server that fails or is away is tried again later', async () => {
    await using place = await setUpHttp({ instead: { status: 503 } })
    await expect(place.open({ url: place.url })).rejects.toMatchObject({ name: 'RetryLater' })
    await place.server.stop()
    await expect(place.open({ url: place.url })).rejects.toMatchObject({ name: 'RetryLater' })
    expect(leftovers(place.place)).toEqual([])
  })
})

describe('on this machine', () => {
  test.each([
    ['is not there', (bare: string) => `${bare}/nothing`, 'repository-unknown'],
    ['has no commits', (bare: string) => emptyRepository(`${bare}.empty`), 'repository-empty'],
  ])('a repository that %s is told so, and leaves nothing behind', async (_what, urlOf, code) => {
    await using place = await setUp()
    const url = urlOf(place.bare)
    await expect(place.open({ url })).rejects.toMatchObject({ code, name: 'UserError' })
    await expect(place.workspaces.inspect({ codebaseId: 'cbs_one', url }, signal)).rejects.toMatchObject({ code })
    expect(leftovers(place.place)).toEqual([])
  })

  test('inspect knows the default branch, also of a checkout with a detached HEAD', async () => {
    await using place = await setUp()
    git(place.bare, 'branch', '-m', 'main', 'trunk')
    const inspect = (url: string) => place.workspaces.inspect({ codebaseId: 'cbs_one', url }, signal)
    expect(await inspect(place.bare)).toEqual({ defaultBranch: 'trunk' })
    git(place.folder, 'clone', '-q', place.bare, 'checkout')
    git(join(place.folder, 'checkout'), 'checkout', '-q', '--detach')
    expect(await inspect(`file://${place.folder}/checkout`)).toEqual({ defaultBranch: 'trunk' })
  })

  test('a base branch that is not there is answered with those that are', async () => {
    await using place = await setUp()
    await expect(place.open({ url: place.bare, baseBranch: 'develop' })).rejects.toMatchObject({
      code: 'branch-unknown',
      message: expect.stringContaining('main'),
    })
    expect(leftovers(place.place)).toEqual([])
  })

  test('an odd branch name is refused before anything happens', async () => {
    await using place = await setUp()
    const opening = place.workspaces.open(requestFor(place.bare, { branch: '-x..y' }), quiet, signal)
    await expect(opening).rejects.toMatchObject({ code: 'branch-name' })
  })

  test('an opening that is cancelled leaves nothing behind', async () => {
    await using place = await setUp()
    const cancel = new AbortController()
    const onStep = () => setTimeout(() => cancel.abort(new Error('enough')), 20)
    await expect(place.workspaces.open(requestFor(place.bare), onStep, cancel.signal)).rejects.toThrow('enough')
    expect(leftovers(place.place).filter((name) => name.startsWith('wsp'))).toEqual([])
    expect(await place.workspaces.remove('wsp_one')).toBe(true)
  })
})

describe.skipIf(whyNoSsh() !== undefined)(`over ssh${whyNoSsh() ? ` (left out: ${whyNoSsh()})` : ''}`, () => {
  test('a known host and the right key: clone and push', async () => {
    await using folder = await scratchFolder()
    const server = await startSshServer(folder.path)
    await using place = await setUp({ key: server.key, knownHosts: server.knownHosts })
    const workspace = await place.open({ url: `${server.url}${place.bare}` })
    await runScript(workspace.launch, 'echo 1 > one.txt')
    await workspace.commit('One')
    await workspace.push(await workspace.harvest())
    await workspace.close()
    await server.stop()
    expect(git(place.bare, 'show', 'drover/work:one.txt')).toBe('1')
  })

  test('a wrong key and an unknown host are refused, each with what to do', async () => {
    await using folder = await scratchFolder()
    const server = await startSshServer(folder.path)
    const { key, strangerKey, knownHosts } = server
    for (const [ssh, code, hint] of [
      [{ key: strangerKey, knownHosts }, 'git-auth', 'public key'],
      [{ key, knownHosts: '/dev/null' }, 'ssh-host-unknown', 'ssh-keyscan'],
    ] as const) {
      await using place = await setUp(ssh)
      const opening = place.open({ url: `${server.url}${place.bare}` })
      await expect(opening).rejects.toMatchObject({ code, message: expect.stringContaining(hint) })
      expect(leftovers(place.place)).toEqual([])
    }
    await server.stop()
  })
})

function emptyRepository(path: string): string {
  git('/', 'init', '-q', '--bare', path)
  return path
}
