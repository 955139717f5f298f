import { mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../../lib/errors.ts'

/**
 * Numbers that workspaces of this machine hold, each one alone: the unix user of its sandbox follows from it. Slot n is
 * the link `<folder>/n`, whose target is the workspace's id: to make a link is atomic, and says at once who holds it.
 */
export async function takeSlot(folder: string, workspaceId: string): Promise<number> {
  await mkdir(folder, { recursive: true })
  const held = await heldSlots(folder)
  const own = [...held].find(([, holder]) => holder === workspaceId)
  if (own) return own[0]
  // Slot 0 is the probe's.
  for (let slot = 1; ; slot++) {
    if (held.has(slot)) continue
    try {
      await symlink(workspaceId, join(folder, String(slot)))
      return slot
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
  }
}

export async function freeSlot(folder: string, workspaceId: string): Promise<void> {
  for (const [slot, holder] of await heldSlots(folder)) {
    if (holder === workspaceId) await rm(join(folder, String(slot)), { force: true })
  }
}

async function heldSlots(folder: string): Promise<Map<number, string>> {
  const names = await readdir(folder).catch(() => [])
  const pairs = names.map(async (name) => [Number(name), await readlink(join(folder, name)).catch(() => '')] as const)
  return new Map(await Promise.all(pairs))
}
