import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findProgram } from '../../lib/find-program.ts'

/** The programs that a fence is made of. All but bubblewrap itself are util-linux, which every distribution has. */
export interface Programs {
  bwrap: string
  prlimit: string
  setpriv: string
  unshare: string
  /** `--disable-userns` came with bubblewrap 0.8. */
  forbidsNamespaces: boolean
}

/** The programs, or the name of the first that is missing. */
export async function findPrograms(path: string): Promise<Programs | { missing: string }> {
  const found: Record<string, string> = {}
  for (const name of ['bwrap', 'prlimit', 'setpriv', 'unshare']) {
    const file = await findProgram(name, path)
    if (file === undefined) return { missing: name }
    found[name] = file
  }
  const { bwrap = '', prlimit = '', setpriv = '', unshare = '' } = found
  return { bwrap, prlimit, setpriv, unshare, forbidsNamespaces: (await versionOf(bwrap)) >= 0.08 }
}

/** 0.8.0 → 0.08, 0.11.0 → 0.11, 1.2.0 → 1.02: comparable, and 0 when it does not say. */
async function versionOf(bwrap: string): Promise<number> {
  const { stdout } = await promisify(execFile)(bwrap, ['--version']).catch(() => ({ stdout: '' }))
  const [, major = 0, minor = 0] = /(\d+)\.(\d+)/.exec(stdout) ?? []
  return Number(major) + Number(minor) / 100
}
