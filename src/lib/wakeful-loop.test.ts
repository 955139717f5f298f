import { expect, test } from 'vitest'
import { startWakefulLoop } from './wakeful-loop.ts'

test('it looks again at once while there is something, and a wake during a look is not lost', async () => {
  let waiting = 3
  let looks = 0
  const loop = startWakefulLoop(1_000_000, async () => {
    looks++
    // Comes in while the last look is under way, and is seen by it no more.
    if (looks === 4) loop.wake()
    return waiting-- > 0
  })
  await expect.poll(() => looks).toBe(5)
  await loop.stop()
  expect(looks).toBe(5)
})

test('it looks by itself, too', async () => {
  let looks = 0
  const loop = startWakefulLoop(5, async () => {
    looks++
    return false
  })
  await expect.poll(() => looks).toBeGreaterThan(2)
  await loop.stop()
})
