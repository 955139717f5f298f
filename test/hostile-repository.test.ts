import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  createBareRepository,
  createTestWorkspaces,
  fenceKinds,
  git,
  openPlace,
  requestFor,
  runAsAgent,
  runScript,
} from './fakes/workspace-kit.ts'

/**
 * Repositories and clones that try to run programs of theirs through ours. A payload writes a canary: into the folder of
 * the host that the test names, which a program inside the fence cannot even see, and into its own workspace, which shows
 * that it was tried at all.
 */

const hasFence = (await fenceKinds()).includes('bubblewrap')
const signal = new AbortController().signal

async function setUp(files?: Record<string, string>) {
  const place = await openPlace('bubblewrap', createBareRepository, files)
  const canaries = join(place.folder, 'canaries')
  mkdirSync(canaries)
  // mkdir's mode is cut by the umask; everybody must be able to leave a canary.
  chmodSync(canaries, 0o777)
  return { ...place, canaries }
}

/** Every way in which git lets a repository run a program, each leaving a canary with its own name. */
function poison(canaries: string): string {
  const payload = (name: string) => `sh -c 'touch ${canaries}/${name} /workspace/.canary-${name} 2>/dev/null; cat' #`
  const settings = {
    'core.fsmonitor': payload('fsmonitor'),
    'core.sshCommand': payload('ssh-command'),
    'core.pager': payload('pager'),
    'core.editor': payload('editor'),
    'core.hooksPath': '/workspace/.evil-hooks',
    'diff.external': payload('external-diff'),
    'diff.evil.textconv': payload('textconv'),
    'diff.evil.command': payload('diff-command'),
    'filter.evil.clean': payload('clean'),
    'filter.evil.smudge': payload('smudge'),
    'merge.evil.driver': payload('merge'),
    'gpg.program': payload('gpg'),
    'commit.gpgSign': 'true',
    'credential.helper': `!${payload('credential')}`,
    'uploadpack.packObjectsHook': payload('pack-objects'),
    'remote.origin.url': `ext::${payload('ext')}`,
    'remote.origin.uploadpack': payload('upload-pack'),
    'remote.origin.receivepack': payload('receive-pack'),
    'url.ext::sh -c true.insteadOf': '/',
    'alias.bundle': `!${payload('alias')}`,
    'include.path': '/workspace/.evil-config',
    'safe.directory': '*',
  }
  const hooks = [
    'pre-commit',
    'post-commit',
    'post-checkout',
    'pre-push',
    'reference-transaction',
    'post-index-change',
    'prepare-commit-msg',
    'commit-msg',
  ]
  return [
    ...Object.entries(settings).map(([key, value]) => `git config '${key}' "${value.replaceAll('"', '\\"')}"`),
    `printf '[core]\\n\\tfsmonitor = touch ${canaries}/include\\n' > .evil-config`,
    'mkdir -p .evil-hooks .git/hooks',
    ...hooks.flatMap((hook) =>
      ['.evil-hooks', '.git/hooks'].map(
        (folder) =>
          `printf '#!/bin/sh\\ntouch ${canaries}/hook-${hook} /workspace/.canary-hook-${hook}\\n' > ${folder}/${hook}; chmod +x ${folder}/${hook}`,
      ),
    ),
    `echo '* filter=evil diff=evil merge=evil' > .gitattributes; cp .gitattributes .git/info/attributes 2>/dev/null || { mkdir -p .git/info; cp .gitattributes .git/info/attributes; }`,
  ].join('\n')
}

describe.skipIf(!hasFence)('a hostile clone', () => {
  test('runs nothing of its own outside the fence, whatever Drover does with it', async () => {
    await using place = await setUp()
    const workspace = await place.open()
    await runAsAgent(workspace, `${poison(place.canaries)}\necho changed > readme.md; echo new > new.txt`)
    await workspace.commit('Through a poisoned clone')
    await runAsAgent(workspace, 'echo draft > draft.txt')
    const harvest = await workspace.harvest()
    await workspace.push(harvest)
    const tried = await runAsAgent(workspace, 'ls -A | grep canary')
    await workspace.close()
    const again = await place.open()
    expect(again.origin).toBe('reused')
    await again.close()
    expect(await place.workspaces.remove('wsp_one')).toBe(true)
    const restored = await place.open()
    await restored.harvest()
    await restored.close()

    // The filters did run: inside. If nothing had, this test would prove nothing.
    expect(tried).toContain('canary-clean')
    expect(tried).not.toContain('canary-hook')
    expect(readdirSync(place.canaries)).toEqual([])
    expect(git(place.url, 'show', 'drover/work:new.txt')).toBe('new')
  })

  test('cannot make a symlink or a file lead our hand out of its folder', async () => {
    await using place = await setUp()
    const secret = join(place.folder, 'secret')
    writeFileSync(secret, 'platform-secret\n')
    const workspace = await place.open()
    await runAsAgent(
      workspace,
      `ln -s ${secret} to-secret; ln -s ${place.folder} to-folder; ln -s /proc/self/environ env
       ln -sf ${secret} .git/drover-index; mkdir -p .git/refs/drover/wsp_one; ln -sf ${secret} .git/refs/drover/wsp_one/checkpoint.lock
       printf 'gitdir: ${place.folder}/cache/cbs_one.git\\n' > nested; mkdir sub; mv nested sub/.git`,
    )
    await workspace.commit('Links')
    const harvest = await workspace.harvest()
    await workspace.close()
    expect(harvest.diff).not.toContain('platform-secret')
    expect(git(join(place.folder, 'cache/cbs_one.git'), 'cat-file', '-p', `${harvest.head}:to-secret`)).toBe(secret)
  })

  test('cannot reach into the cache: neither its objects nor its branches', async () => {
    await using place = await setUp()
    const workspace = await place.open()
    const cache = join(place.folder, 'cache/cbs_one.git')
    const before = git(cache, 'rev-parse', 'refs/remotes/origin/main')
    const { stdout } = await runScript(
      workspace.launch,
      `touch ${cache}/objects/x || echo refused; chmod -R u+w ${cache}/objects || echo refused
       for f in ${cache}/objects/*/*; do echo x > "$f" || echo refused; break; done; ls ${cache}
       git update-ref refs/remotes/origin/main "$(git commit-tree -m evil 'HEAD^{tree}')"
       git update-ref refs/drover/work/wsp_other/checkpoint HEAD`,
    )
    expect(stdout.trim()).toBe('refused\nrefused\nrefused\nobjects')
    await workspace.harvest()
    await workspace.close()
    expect(git(cache, 'rev-parse', 'refs/remotes/origin/main')).toBe(before)
    expect(git(cache, 'for-each-ref', '--format=%(refname)', 'refs/drover/work/wsp_other')).toBe('')
    expect(git(cache, 'fsck', '--strict')).toBe('')
  })

  test.each([
    [
      'an option for a submodule URL',
      `blob=$(printf '[submodule "x"]\\n\\tpath = x\\n\\turl = -u./payload\\n' | git hash-object -w --stdin)
      tree=$(printf '100644 blob %s\\t.gitmodules\\n' "$blob" | git mktree)`,
    ],
    [
      'a folder named .git',
      `blob=$(echo x | git hash-object -w --stdin); inner=$(printf '100644 blob %s\\tconfig\\n' "$blob" | git mktree)
      tree=$(printf '040000 tree %s\\t.git\\n' "$inner" | git mktree)`,
    ],
  ])('cannot bring %s into the cache', async (_what, makeTree) => {
    await using place = await setUp()
    const workspace = await place.open()
    await runAsAgent(
      workspace,
      `${makeTree}\ngit update-ref refs/heads/drover/work "$(git commit-tree -p HEAD -m evil "$tree")"; git checkout -q HEAD -- . || true`,
    )
    await expect(workspace.harvest()).rejects.toMatchObject({ code: 'unsafe-work' })
    await workspace.close()
    expect(git(join(place.folder, 'cache/cbs_one.git'), 'for-each-ref', 'refs/drover')).toBe('')
  })

  test('cannot fill the disk of the platform with its work', async () => {
    await using place = await setUp()
    const workspaces = await createTestWorkspaces('bubblewrap', place.folder, { maxBundleBytes: 1024 ** 2 })
    const workspace = await workspaces.open(requestFor(place.url), () => {}, signal)
    await runAsAgent(workspace, 'head -c 3000000 /dev/urandom > big')
    await expect(workspace.harvest()).rejects.toMatchObject({
      code: 'work-too-large',
      message: expect.stringContaining('.gitignore'),
    })
    await workspace.close()
    expect(readdirSync(join(place.folder, 'cache/incoming'))).toEqual([])
  })

  test('cannot keep Drover waiting for ever: a filter that hangs ends with the cancelled opening', async () => {
    await using place = await setUp()
    const workspace = await place.open()
    await runAsAgent(
      workspace,
      `git config filter.slow.clean 'sleep 1000'; echo '* filter=slow' > .git/info/attributes || { mkdir -p .git/info; echo '* filter=slow' > .git/info/attributes; }; echo x > x`,
    )
    const harvesting = workspace.harvest().catch((error: unknown) => error)
    await new Promise((resolve) => setTimeout(resolve, 300))
    await workspace.close()
    expect(await harvesting).toBeInstanceOf(Error)
  })
})

describe.skipIf(!hasFence)('a hostile repository on the remote', () => {
  test('runs nothing when it is cloned, and its submodules are not followed', async () => {
    await using place = await setUp({
      '.gitattributes': '* filter=evil diff=evil\n',
      '.gitmodules':
        '[submodule "a"]\n\tpath = a\n\turl = ext::sh -c "touch /tmp/canary"\n[submodule "b"]\n\tpath = b\n\turl = /etc\n',
      '.lfsconfig': '[lfs]\n\turl = http://127.0.0.1:1/\n',
      'hooks/post-checkout': '#!/bin/sh\ntouch /workspace/canary\n',
    })
    git(place.url, 'config', 'uploadpack.packObjectsHook', `touch ${place.canaries}/hook;`)
    const workspace = await place.open()
    expect(await runAsAgent(workspace, 'git status --porcelain; ls -A')).not.toContain('canary')
    await runAsAgent(workspace, 'echo more > more.txt')
    await workspace.commit('More')
    await workspace.push(await workspace.harvest())
    await workspace.close()
    expect(readdirSync(place.canaries)).toEqual([])
    expect(existsSync('/tmp/canary')).toBe(false)
    rmSync(place.canaries, { recursive: true })
  })
})
