import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  createTestWorkspaces,
  fenceKinds,
  git,
  openPlace,
  pushBySomebodyElse,
  requestFor,
  runAsAgent,
} from '../../../test/fakes/workspace-kit.ts'
import type { Workspace } from '../workspace.ts'

const kinds = await fenceKinds()
const signal = new AbortController().signal
const quiet = () => {}

describe.each(kinds)('git workspaces in a fence of kind %s', (kind) => {
  test('from clone to push: a branch with the commits, and everything else on a hidden ref', async () => {
    await using place = await openPlace(kind)
    const workspace = await place.open()
    expect(workspace.origin).toBe('fresh')
    expect(await runAsAgent(workspace, 'git status --porcelain; git branch --show-current; cat readme.md')).toBe(
      'drover/work\nhello',
    )
    await runAsAgent(workspace, 'echo new > new.txt; echo more >> readme.md; echo x > ignored')
    expect(await workspace.commit('Add a file\n\nAnd why.')).toMatchObject({ subject: 'Add a file' })
    expect(await workspace.commit('again')).toBeUndefined()
    await runAsAgent(workspace, 'echo draft > draft.txt')

    const harvest = await workspace.harvest()
    expect(harvest.commits.map(({ subject }) => subject)).toEqual(['Add a file'])
    expect(harvest.diffStat).toContain('3 files changed')
    expect(harvest.diff).toContain('+draft')
    expect(harvest.diff).not.toContain('ignored')
    expect(await workspace.harvest()).toEqual(harvest)

    await workspace.push(harvest)
    await workspace.push(harvest)
    await workspace.close()
    expect(git(place.url, 'rev-parse', 'drover/work')).toBe(harvest.head)
    expect(git(place.url, 'log', '-1', '--format=%an <%ae>%n%B', 'drover/work')).toBe(
      'Drover <drover@localhost>\nAdd a file\n\nAnd why.',
    )
    expect(git(place.url, 'show', `${harvest.checkpoint.ref}:draft.txt`)).toBe('draft')
  })

  test('a folder is found again as it was left, with what is new on the remote', async () => {
    await using place = await openPlace(kind)
    const first = await place.open()
    await runAsAgent(first, 'echo draft > draft.txt; echo kept > "$HOME/session"; touch .git/index.lock')
    await first.close()
    pushBySomebodyElse(place.url, 'main', { 'upstream.txt': 'new\n' })
    const second = await place.open({ runId: 'run_second' })
    expect(second.origin).toBe('reused')
    expect(
      await runAsAgent(
        second,
        'cat draft.txt "$HOME/session"; git show origin/main:upstream.txt; git merge -q origin/main; ls',
      ),
    ).toContain('upstream.txt')
    const harvest = await second.harvest()
    await second.close()
    // What came from upstream is not the agent's work.
    expect(harvest.commits).toEqual([])
    expect(harvest.diffStat).toContain('1 file changed')
  })

  test.each(['the folder', 'the folder and the cache'])(
    'work comes back from the last checkpoint when %s is lost',
    async (lost) => {
      await using place = await openPlace(kind)
      const first = await place.open()
      await runAsAgent(
        first,
        'echo one > committed.txt; git add -A; git commit -qm "The work"; echo changed >> readme.md; mkdir d; echo draft > d/draft.txt',
      )
      await first.push(await first.harvest())
      await first.close()
      rmSync(join(place.folder, 'workspaces/wsp_one'), { recursive: true })
      if (lost.endsWith('cache')) rmSync(join(place.folder, 'cache'), { recursive: true })

      const second = await place.open()
      expect(second.origin).toBe('restored')
      expect(
        await runAsAgent(second, 'git log --format=%s; git status --porcelain -uall; cat committed.txt d/draft.txt'),
      ).toBe('The work\nfirst\n M readme.md\n?? d/draft.txt\none\ndraft')
      await runAsAgent(second, 'echo two > two.txt; git add two.txt; git commit -qm "More"')
      await second.push(await second.harvest())
      await second.close()
      expect(git(place.url, 'log', '--format=%s', 'drover/work')).toBe('More\nThe work\nfirst')
    },
  )

  test('a folder that another machine has overtaken is brought up to date, unless it holds work of its own', async () => {
    await using place = await openPlace(kind)
    const elsewhere = await createTestWorkspaces(kind, join(place.folder, 'elsewhere'))
    const openThere = () => elsewhere.open(requestFor(place.url), quiet, signal)
    const turn = async (workspace: Workspace, name: string) => {
      await runAsAgent(
        workspace,
        `echo ${name} > ${name}.txt; git add -A; git commit -qm ${name}; echo ${name} > draft.txt`,
      )
      await workspace.push(await workspace.harvest())
      await workspace.close()
      return workspace.origin
    }
    expect(await turn(await place.open(), 'one')).toBe('fresh')
    expect(await turn(await openThere(), 'two')).toBe('restored')
    const back = await place.open()
    expect(back.origin).toBe('restored')
    expect(await runAsAgent(back, 'git log --format=%s; cat draft.txt; echo own > own.txt')).toBe(
      'two\none\nfirst\ntwo',
    )
    await back.close()
    expect(await turn(await openThere(), 'three')).toBe('reused')
    const again = await place.open()
    expect(again.origin).toBe('reused')
    expect(await runAsAgent(again, 'cat own.txt')).toBe('own')
    await again.close()
  })

  test('a clone that the agent destroyed is made anew from the last checkpoint, and the home is kept', async () => {
    await using place = await openPlace(kind)
    const first = await place.open()
    await runAsAgent(first, 'echo work > work.txt; echo kept > "$HOME/session"')
    await first.harvest()
    await runAsAgent(first, 'rm -rf .git; echo junk > .git; echo last > last.txt')
    await expect(first.harvest()).rejects.toThrow('in the workspace')
    await first.close()
    const second = await place.open()
    expect(second.origin).toBe('restored')
    expect(await runAsAgent(second, 'cat work.txt "$HOME/session"')).toBe('work\nkept')
    expect(readFileSync(join(place.folder, 'workspaces/wsp_one/repo.broken/last.txt'), 'utf8')).toBe('last\n')
    await second.close()
  })

  test('repositories cloned inside, submodules without a home and unreadable files do not stop a commit', async () => {
    await using place = await openPlace(kind)
    const workspace = await place.open()
    await runAsAgent(
      workspace,
      `git init -q empty; git init -q 'with space'; cd 'with space'; git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x; cd ..
       touch closed; chmod 0 closed; mkfifo pipe; ln -s /nowhere dangling; echo ok > fine.txt`,
    )
    expect(await workspace.commit('What can be saved')).toMatchObject({ subject: 'What can be saved' })
    const files = await runAsAgent(workspace, 'git show --name-only --format= HEAD')
    // Root without a fence can read everything.
    expect(files.split('\n').filter((name) => name !== 'closed')).toEqual(['dangling', 'fine.txt'])
    await workspace.harvest()
    await workspace.close()
  })

  test('a folder is removed only when nothing in it would be lost', async () => {
    await using place = await openPlace(kind)
    const remove = () => place.workspaces.remove('wsp_one')
    expect(await remove()).toBe(true)
    const workspace = await place.open()
    await runAsAgent(
      workspace,
      'echo draft > draft.txt; mkdir -p "$HOME/mod"; touch "$HOME/mod/x"; chmod 500 "$HOME/mod"',
    )
    await workspace.close()
    expect(await remove()).toBe(false)
    const again = await place.open()
    await again.harvest()
    await runAsAgent(again, 'echo more >> draft.txt')
    await again.close()
    expect(await remove()).toBe(false)
    const last = await place.open()
    await last.harvest()
    await last.close()
    expect(await remove()).toBe(true)
    expect(existsSync(join(place.folder, 'workspaces/wsp_one'))).toBe(false)
    expect(readdirSync(join(place.folder, 'workspaces/.slots'))).toEqual([])
  })
})
