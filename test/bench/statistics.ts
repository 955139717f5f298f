/** The value below which `percent` of the values lie; 50 is the median. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const value = sorted[Math.min(sorted.length - 1, Math.floor((percent / 100) * sorted.length))]
  if (value === undefined) throw new RangeError('there is no percentile of nothing')
  return value
}

export const median = (values: readonly number[]) => percentile(values, 50)

/** What of a latency is worth telling: the usual case and the tail. */
export const latencies = (ms: readonly number[], label = '') =>
  [50, 95, 99].map((percent) => ({
    label: `${label}p${percent}`,
    unit: 'ms' as const,
    value: percentile(ms, percent),
  }))
