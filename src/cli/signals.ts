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
