import { join } from 'node:path'
import { UserError, messageOf } from '../lib/errors.ts'

/** What went wrong with the data folder or with a program of PostgreSQL's, as a sentence for the person whose disk it is. */
export function folderError(folder: string, cause: unknown): UserError {
  if (cause instanceof UserError) return cause
  const output = `${messageOf(cause)}\n${cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : ''}`
  if (/No space left on device|ENOSPC/i.test(output)) {
    return new UserError(
      'disk-full',
      `The disk that holds ${folder} is full. Free some space and start again; nothing is lost.`,
      { cause },
    )
  }
  if (/EACCES|EPERM|EROFS|Permission denied|Read-only file system|could not access directory/i.test(output)) {
    return new UserError(
      'data-folder',
      `Drover cannot use ${folder}: it may not read and write there. Set DROVER_HOME to a folder of its own.`,
      { cause },
    )
  }
  if (/ENOTDIR|EEXIST/.test(output)) {
    return new UserError(
      'data-folder',
      `${folder} is in the way: a folder is needed there. Set DROVER_HOME to another folder.`,
      { cause },
    )
  }
  return new UserError(
    'database-start',
    `PostgreSQL does not start in ${folder}: ${output.trim().split('\n').at(-1)}. Its log is ${join(folder, 'log')}.`,
    { cause },
  )
}
