import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { VERSION } from '../version.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/drover.js', import.meta.url))
const drover = (...args: string[]) => {
  const env = { PATH: process.env.PATH, DROVER_URL: 'http://127.0.0.1:1', DROVER_API_KEY: 'x' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], { env, encoding: 'utf8' })
  return { status, stdout, stderr }
}

test('the program that npm installs runs a command, and ends with its exit code', () => {
  expect(drover('--version')).toEqual({ status: 0, stdout: `${VERSION}\n`, stderr: '' })
  expect(drover('tsk')).toMatchObject({ status: 2, stdout: '' })
  expect(drover('task', 'list', '--json')).toMatchObject({
    status: 3,
    stdout: '',
    stderr: expect.stringContaining('drover up'),
  })
})

test('a shell gets a script to complete with, and what it may complete', () => {
  expect(drover('completion', 'bash').stdout).toContain('# bash completion for drover')
  expect(drover('complete', '--', 'task', 'l').stdout).toMatch(/^list\b/m)
  expect(drover('completion', 'csh').status).toBe(2)
})
