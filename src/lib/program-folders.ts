import { open, realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, isAbsolute, sep } from 'node:path'
import { findProgram } from './find-program.ts'

/** Like `findProgram`, for a command that may name its program by an absolute path. */
export async function locateProgram(program: string, path = ''): Promise<string | undefined> {
  if (isAbsolute(program)) return findProgram(basename(program), dirname(program))
  return program === '' ? undefined : findProgram(program, path)
}

/**
 * The folders that a command needs to see: where its program and its arguments' files lie, what these are links to,
 * and the interpreter of a script. Never the home folder itself: that would show its secrets.
 */
export async function programFolders(command: readonly string[], env: NodeJS.ProcessEnv): Promise<string[]> {
  const [name = '', ...args] = command
  const program = await locateProgram(name, env.PATH)
  const interpreter = program === undefined ? undefined : await interpreterOf(program, env.PATH)
  const folders = new Set<string>()
  for (const file of [program, interpreter, ...args.filter(isAbsolute)]) {
    const real = file === undefined ? undefined : await realpath(file).catch(() => undefined)
    if (file === undefined || real === undefined) continue
    // A link must be seen as a link: Node resolves a program's own imports from where it really lies.
    if (real !== file) folders.add(shown(dirname(file), file))
    folders.add(shown(packageFolder(real), real))
  }
  return [...folders]
}

function shown(folder: string, file: string): string {
  return folder === homedir() || folder === sep ? file : folder
}

/** The outermost node_modules, the folder above `bin`, or the file's own folder. */
function packageFolder(file: string): string {
  const modules = file.indexOf(`${sep}node_modules${sep}`)
  if (modules >= 0) return file.slice(0, modules + `${sep}node_modules`.length)
  const folder = dirname(file)
  const above = dirname(folder)
  return basename(folder) === 'bin' && above !== homedir() && above !== sep ? above : folder
}

async function interpreterOf(script: string, path: string | undefined): Promise<string | undefined> {
  const handle = await open(script).catch(() => undefined)
  if (!handle) return undefined
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(256), 0, 256, 0)
    const [, interpreter, argument] = /^#! *(\S+)(?: +(\S+))?/.exec(buffer.toString('utf8', 0, bytesRead)) ?? []
    return interpreter?.endsWith('/env') ? locateProgram(argument ?? '', path) : interpreter
  } finally {
    await handle.close()
  }
}
