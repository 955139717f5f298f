import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  createRepository,
  fenceKinds,
  git,
  openPlace,
  pushBySomebodyElse,
  runAsAgent,
  writeFiles,
} from '../../../test/fakes/workspace-kit.ts'

const [kind = 'none'] = await fenceKinds()

test('nothing done: nothing to commit, an empty diff, and a push that changes nothing', async () => {
  await using place = await openPlace(kind)
  const workspace = await place.open()
  const harvest = await workspace.harvest()
  expect(harvest).toMatchObject({ commits: [], diff: '', diffStat: '' })
  expect(harvest.head).toBe(harvest.base)
  await workspace.push(harvest)
  await workspace.close()
  expect(git(place.url, 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/main')
})

test('wherever the agent left HEAD, its work lands on the branch', async () => {
  await using place = await openPlace(kind)
  const workspace = await place.open()
  await runAsAgent(workspace, 'git checkout -qb other; echo 1 > one.txt; git add -A; git commit -qm One')
  expect((await workspace.harvest()).commits.map(({ subject }) => subject)).toEqual(['One'])
  await runAsAgent(
    workspace,
    'git checkout -q --detach; echo 2 > two.txt; git add -A; git commit -qm Two; echo 3 > three.txt',
  )
  await workspace.commit('Three')
  expect((await workspace.harvest()).commits.map(({ subject }) => subject)).toEqual(['One', 'Two', 'Three'])
  await runAsAgent(workspace, 'git checkout -q origin/main; echo draft > draft.txt')
  const harvest = await workspace.harvest()
  expect(harvest.commits).toHaveLength(3)
  expect(harvest.diffStat).toContain('4 files changed')
  await workspace.close()
})

test("a rewritten branch replaces our own push, but never somebody else's", async () => {
  await using place = await openPlace(kind)
  const workspace = await place.open()
  await runAsAgent(workspace, 'echo 1 > one.txt; git add -A; git commit -qm One')
  await workspace.push(await workspace.harvest())
  await runAsAgent(workspace, 'git commit -q --amend -m "One, better"')
  await workspace.push(await workspace.harvest())
  expect(git(place.url, 'log', '-1', '--format=%s', 'drover/work')).toBe('One, better')

  pushBySomebodyElse(place.url, 'drover/work', { 'human.txt': 'mine\n' })
  await runAsAgent(workspace, 'git commit -q --amend -m "One, best"')
  const harvest = await workspace.harvest()
  await expect(workspace.push(harvest)).rejects.toMatchObject({
    code: 'branch-moved',
    message: expect.stringMatching(/merge origin\/drover\/work/),
  })
  expect(git(place.url, 'show', 'drover/work:human.txt')).toBe('mine')
  // The hidden ref has it all the same.
  expect(git(place.url, 'log', '-1', '--format=%s', `${harvest.checkpoint.ref}^`)).toBe('One, best')
  await workspace.close()
})

test('a branch that drops the commit where the work began is not taken over', async () => {
  await using place = await openPlace(kind)
  const workspace = await place.open()
  await runAsAgent(workspace, 'git checkout -q --orphan fresh; git commit -qm Orphan; git branch -D drover/work')
  await expect(workspace.harvest()).rejects.toMatchObject({
    code: 'history-rewritten',
    message: expect.stringMatching(/rebase/),
  })
  await workspace.close()
})

test('a branch that exists on the remote is gone on with', async () => {
  await using place = await openPlace(kind)
  pushBySomebodyElse(place.url, 'feature', { 'feature.txt': 'begun\n' })
  const workspace = await place.open({ branch: 'feature' })
  await runAsAgent(workspace, 'cat feature.txt; echo more > more.txt; git add -A; git commit -qm More')
  const harvest = await workspace.harvest()
  expect(harvest.commits).toHaveLength(2)
  await workspace.push(harvest)
  await workspace.close()
  expect(git(place.url, 'show', 'feature:more.txt')).toBe('more')
})

test('every turn stays in the cache under its number', async () => {
  await using place = await openPlace(kind)
  const workspace = await place.open()
  for (const turn of [1, 2, 3]) {
    await runAsAgent(workspace, `echo ${turn} > turn.txt`)
    await workspace.harvest()
    await workspace.harvest()
  }
  await workspace.close()
  const cache = join(place.folder, 'cache/cbs_one.git')
  const show = (turn: number) => git(cache, 'show', `refs/drover/work/wsp_one/${turn}:turn.txt`)
  expect([1, 2, 3].map(show)).toEqual(['1', '2', '3'])
  expect(() => show(4)).toThrow('invalid object name')
})

test('a change of the same length in the same second is not overlooked', async () => {
  await using place = await openPlace(kind)
  const workspace = await place.open()
  for (const word of ['one', 'two']) {
    await runAsAgent(workspace, `echo xxx > a; git add -A; echo ${word} > a`)
    // A copy of the index made in a later second must not make the file look older than it.
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect((await workspace.harvest()).diff).toContain(`+${word}`)
  }
  await workspace.close()
})

test('two workspaces work on one repository at once', async () => {
  await using place = await openPlace(kind)
  const ids = ['wsp_a', 'wsp_b', 'wsp_c']
  const opened = await Promise.all(
    ids.map((workspaceId) => place.open({ workspaceId, branch: `drover/${workspaceId}` })),
  )
  await Promise.all(
    opened.map(async (workspace, index) => {
      await runAsAgent(workspace, `echo ${index} > mine.txt`)
      await workspace.commit(`Work ${index}`)
      await workspace.push(await workspace.harvest())
      await workspace.close()
    }),
  )
  expect(ids.map((id) => git(place.url, 'show', `drover/${id}:mine.txt`))).toEqual(['0', '1', '2'])
  expect(new Set(readdirSync(join(place.folder, 'workspaces/.slots')))).toEqual(new Set(['1', '2', '3']))
})

test("a person's own checkout gets a branch, and nothing in it is touched", async () => {
  await using place = await openPlace(kind, createRepository)
  writeFiles(place.url, { 'half.txt': 'half done\n', 'readme.md': 'edited\n' })
  git(place.url, 'add', 'half.txt')
  const state = () => [
    git(place.url, 'status', '--porcelain'),
    git(place.url, 'rev-parse', 'HEAD'),
    readFileSync(join(place.url, '.git/index')).toString('base64'),
  ]
  const before = state()
  const workspace = await place.open()
  await runAsAgent(workspace, 'ls; test ! -e half.txt; echo 1 > one.txt')
  await workspace.commit('One')
  await workspace.push(await workspace.harvest())
  await workspace.close()
  expect(state()).toEqual(before)
  expect(git(place.url, 'show', 'drover/work:one.txt')).toBe('1')
})

test('a push to the branch that a person has checked out is refused with what to do', async () => {
  await using place = await openPlace(kind, createRepository)
  const workspace = await place.open({ branch: 'main' })
  await runAsAgent(workspace, 'echo 1 > one.txt')
  await workspace.commit('One')
  const harvest = await workspace.harvest()
  await expect(workspace.push(harvest)).rejects.toMatchObject({
    code: 'branch-checked-out',
    message: expect.stringMatching(/another branch/),
  })
  await workspace.close()
})

test('a hook that refuses a branch is told in its words; one that refuses the hidden ref does no harm', async () => {
  await using place = await openPlace(kind)
  const workspace = await place.open()
  await runAsAgent(workspace, 'echo 1 > one.txt')
  await workspace.commit('One')
  const harvest = await workspace.harvest()
  const hook = (text: string) =>
    writeFileSync(join(place.url, 'hooks/pre-receive'), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  hook('exit 1')
  await expect(workspace.push(harvest)).rejects.toMatchObject({
    code: 'branch-refused',
    message: expect.stringMatching(/kept/),
  })
  hook('! grep -q refs/drover')
  await workspace.push(harvest)
  expect(git(place.url, 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/drover/work\nrefs/heads/main')
  await workspace.close()
})

test('a repository of another user that a person named is trusted', async (context) => {
  if (process.getuid?.() !== 0) context.skip('only root can make one')
  await using place = await openPlace(kind, createRepository)
  execFileSync('chown', ['-R', '12345:12345', place.url])
  const workspace = await place.open()
  await runAsAgent(workspace, 'echo 1 > one.txt')
  await workspace.commit('One')
  await workspace.push(await workspace.harvest())
  await workspace.close()
  expect(git(place.url, 'show', 'drover/work:one.txt')).toBe('1')
})
