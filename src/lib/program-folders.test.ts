import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { programFolders } from './program-folders.ts'

function openFolder(files: Record<string, string>) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'drover-programs-')))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
    chmodSync(join(root, name), 0o755)
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) }
}

test('an npm program shows the folder of its link, all of its node_modules, and its interpreter', async () => {
  using folder = openFolder({
    'lib/node_modules/@google/gemini-cli/bundle/gemini.js': '#!/usr/bin/env node\n',
    'node/bin/node': '',
  })
  const { root } = folder
  mkdirSync(join(root, 'bin'))
  symlinkSync(join(root, 'lib/node_modules/@google/gemini-cli/bundle/gemini.js'), join(root, 'bin/gemini'))
  const env = { PATH: `${root}/bin:${root}/node/bin` }
  expect(await programFolders(['gemini', '--acp'], env)).toEqual([
    `${root}/bin`,
    `${root}/lib/node_modules`,
    `${root}/node`,
  ])
})

test('a program of a virtual environment shows the whole of it', async () => {
  using folder = openFolder({ 'tools/aider-chat/bin/aider': 'x' })
  const { root } = folder
  expect(await programFolders([`${root}/tools/aider-chat/bin/aider`], {})).toEqual([`${root}/tools/aider-chat`])
})

test('files among the arguments are shown, and what is not there is left out', async () => {
  using folder = openFolder({ 'agent/index.js': '' })
  const { root } = folder
  expect(await programFolders([`${root}/nothing`, `${root}/agent/index.js`, '/no/such/file', '-x'], {})).toEqual([
    `${root}/agent`,
  ])
})
