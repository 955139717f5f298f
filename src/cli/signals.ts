import { EXIT } from './exit-codes.ts'
import type { Cli } from './cli.ts'

/** Calls `act` on Ctrl-C (`also` adds others), with how often it was pressed before. Returns how to stop listening. */
export function onInterrupt(act: (timesBefore: number) => void, also: readonly NodeJS.Signals[] = []): () => void {
  let times = 0
  const heard = () => act(times++)
  const signals: NodeJS.Signals[] = ['SIGINT', ...also]
  for (const signal of signals) process.on(signal, heard)
  return () => {
    for (const signal of signals) process.off(signal, heard)
  }
}

/** Settles at the first signal, and says so; the second ends the process at once. That harms nothing: what was under way is taken up again at the next start. */
export function untilStopped(out: Cli['out'], note: string): Promise<void> {
  return new Promise((resolve) => {
    onInterrupt(
      (timesBefore) => {
        if (timesBefore > 0) process.exit(EXIT.interrupted)
        out.note(`${note} Once more stops at once.`)
        resolve()
      },
      ['SIGTERM', 'SIGHUP'],
    )
  })
}
