import { createHash, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { fenceKinds, openPlace, runAsAgent } from '../../../test/fakes/workspace-kit.ts'

test.each(await fenceKinds())(
  'what is placed in a fence of kind %s is there byte for byte, follows no link of the agent’s, and is no part of its work',
  async (kind) => {
    await using place = await openPlace(kind)
    const workspace = await place.open()
    const { home } = workspace.paths
    const placeFile = (content: Uint8Array) => workspace.placeFile('tsk_1', 'a.png', content)
    const shot = randomBytes(3_000_000)
    const path = await placeFile(shot)
    expect(path).toBe(`${home}/attachments/tsk_1/a.png`)
    expect(await runAsAgent(workspace, `sha256sum "${path}"`)).toContain(
      createHash('sha256').update(shot).digest('hex'),
    )

    const traps = [
      'rm -r attachments; ln -s "$work" attachments',
      'rm -r attachments/tsk_1; mkdir other; ln -s ../other attachments/tsk_1',
      'for name in a.png .a.png.new; do ln -sf "$work/readme.md" attachments/tsk_1/$name; done',
    ]
    for (const trap of traps) {
      await runAsAgent(workspace, `work=$PWD; cd "${home}"; ${trap}`)
      await placeFile(Buffer.from('sent'))
    }
    expect(await runAsAgent(workspace, `cat readme.md "${path}"; git status --porcelain; ls -A "${home}/other"`)).toBe(
      'hello\nsent',
    )
    expect(await workspace.commit('Nothing')).toBeUndefined()

    for (const name of ['..', '../a', '-a', '.a', '']) {
      await expect(workspace.placeFile('tsk_1', name, shot)).rejects.toThrow('cannot be the name of a file')
      await expect(workspace.placeFile(name, 'a', shot)).rejects.toThrow('cannot be the name of a file')
    }
    await workspace.close()
  },
)
