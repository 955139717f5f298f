/** A queue with one writer that never waits and one reader that does. */
export interface PushQueue<T> extends AsyncIterable<T> {
  push(item: T): void
  /** No more comes; the reader still gets what is there. */
  end(): void
}

/** For producers that cannot be slowed down. It grows with what the reader has not taken: its writer must know a bound. */
export function createPushQueue<T>(): PushQueue<T> {
  let items: T[] = []
  let hasEnded = false
  let wake = () => {}
  return {
    push(item) {
      items.push(item)
      wake()
    },
    end() {
      hasEnded = true
      wake()
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const ready = items
        items = []
        yield* ready
        if (items.length > 0) continue
        if (hasEnded) return
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}
