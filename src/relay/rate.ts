/** Whether one more is allowed within this minute, for each key by itself. In memory: each process counts its own. */
export function createRate(perMinute: number): (key: string) => boolean {
  let minute = 0
  const counts = new Map<string, number>()
  return (key) => {
    const current = Math.floor(Date.now() / 60_000)
    if (current !== minute) counts.clear()
    minute = current
    const count = (counts.get(key) ?? 0) + 1
    if (count <= perMinute) counts.set(key, count)
    return count <= perMinute
  }
}
