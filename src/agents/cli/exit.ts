import type { Exit } from '../../lib/process.ts'
import type { Ending } from '../driver.ts'
import { classifyFailure } from '../turn.ts'

/** What an exit code means where nothing else is known of the program. */
export function endingFromExit(exit: Exit, lastWords: string): Ending {
  if (exit.code === 0) return { status: 'done' }
  const words = lastWords.trim()
  const detail = `The command ended with ${describeExit(exit)}.${words ? ` Its last words: ${words}` : ''}`
  if (isNotInstalled(exit, words)) return { status: 'failed', why: 'not_installed', detail }
  if (isCrash(exit)) return { status: 'failed', why: 'crashed', detail }
  return { status: 'failed', why: classifyFailure(words) ?? 'other', detail }
}

/** A shell, and a fence, say 127 or their own words when what they should start is not there. */
function isNotInstalled(exit: Exit, words: string): boolean {
  return exit.error !== undefined || exit.code === 127 || /execvp .*: No such file or directory/.test(words)
}

/** Who starts a program for us tells its signal as 128 and the signal's number. */
function isCrash({ code }: Exit): boolean {
  return code === null || (code > 128 && code < 160)
}

function describeExit({ code, signal, error }: Exit): string {
  if (error) return `no start: ${error.message}`
  return signal ? `the signal ${signal}` : `exit code ${code}`
}
