import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../../test/fakes/workspace-kit.ts'
import { freeSlot, takeSlot } from './slots.ts'

test('workspaces that come at once get a slot each, and find it again', async () => {
  await using folder = await scratchFolder()
  const slots = join(folder.path, 'slots')
  const ids = Array.from({ length: 20 }, (_, index) => `wsp_${index}`)
  const taken = await Promise.all(ids.map((id) => takeSlot(slots, id)))
  expect(new Set(taken).size).toBe(20)
  expect(Math.min(...taken)).toBe(1)
  expect(await Promise.all(ids.map((id) => takeSlot(slots, id)))).toEqual(taken)
})

test('a freed slot is given to the next, and only the holder can free it', async () => {
  await using folder = await scratchFolder()
  for (const id of ['a', 'b', 'c']) await takeSlot(folder.path, id)
  await freeSlot(folder.path, 'nobody')
  await freeSlot(folder.path, 'b')
  expect(await takeSlot(folder.path, 'd')).toBe(2)
  expect(await takeSlot(folder.path, 'e')).toBe(4)
})
