const FIRST_MS = 250
const LONGEST_MS = 30_000

/** How long to wait before the next try, after so many in vain: twice as long each time, with jitter, so that not all come back at once. */
export const waitMs = (failures: number) =>
  Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 20)) * (0.75 + Math.random() / 4)
