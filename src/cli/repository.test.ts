import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { resolveRepository } from './repository.ts'

let root: string
beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'drover-repository-')))
  await mkdir(join(root, 'app/.git'), { recursive: true })
  await mkdir(join(root, 'app/src/deep'), { recursive: true })
  await mkdir(join(root, 'worktree'))
  await writeFile(join(root, 'worktree/.git'), 'gitdir: elsewhere')
  await mkdir(join(root, 'bare.git/objects'), { recursive: true })
  await mkdir(join(root, 'bare.git/refs'))
  await writeFile(join(root, 'bare.git/HEAD'), 'ref: refs/heads/main')
  await mkdir(join(root, 'plain'))
  await symlink(join(root, 'app/src'), join(root, 'link'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

test('the repository of a folder is the next one upwards', async () => {
  const address = async (folder: string) => resolveRepository(undefined, join(root, folder))
  expect(await address('app/src/deep')).toEqual({ address: join(root, 'app') })
  expect(await address('worktree')).toEqual({ address: join(root, 'worktree') })
  expect(await address('bare.git')).toEqual({ address: join(root, 'bare.git') })
  expect(await address('link')).toEqual({ address: join(root, 'app') })
  await expect(address('plain')).rejects.toMatchObject({ code: 'no-repository' })
})

test('what is given is a URL, a path, or the name of a codebase', async () => {
  for (const url of [
    'https://github.com/acme/app',
    'git@github.com:acme/app.git',
    'ssh://git@host/x',
    'file:///srv/x',
  ]) {
    expect(await resolveRepository(url, root)).toEqual({ address: url })
  }
  expect(await resolveRepository('app/src', root)).toEqual({ address: join(root, 'app') })
  expect(await resolveRepository('my-app', root)).toEqual({ name: 'my-app' })
  await expect(resolveRepository('no/such/folder', root)).rejects.toMatchObject({ code: 'no-repository' })
  await expect(resolveRepository('plain', root)).rejects.toThrow('git init')
})
