import { readFile, readdir } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

const MARKER = 'DROVER_RUN_ID='
/** A process that forks while we look is found in the next pass. */
const MAX_PASSES = 20

/**
 * Kills every process of this machine whose environment carries the mark (or begins with it and a dot), whatever session
 * it fled to. Linux only: elsewhere there is no /proc, and nothing is found. Returns how many it killed.
 */
export async function killMarked(mark: string): Promise<number> {
  const killed = new Set<number>()
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const found = await findMarked(mark)
    if (found.length === 0) break
    for (const pid of found) if (kill(pid)) killed.add(pid)
    await delay(pass)
  }
  return killed.size
}

async function findMarked(mark: string): Promise<number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number)
  const marked = await Promise.all(pids.map((pid) => carriesMark(pid, mark)))
  return pids.filter((pid, index) => marked[index] === true && pid !== process.pid)
}

async function carriesMark(pid: number, mark: string): Promise<boolean> {
  // Unreadable: another user's process, or already gone.
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
  return environment.split('\0').some((pair) => pair === MARKER + mark || pair.startsWith(`${MARKER}${mark}.`))
}

/** Whether there was such a process. A negative id means a process group. */
export function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}
