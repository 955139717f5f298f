import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'

/** Names one process for ever: pids come again, but not with the same start time in the same boot and pid namespace. */
export interface ProcessIdentity {
  host: string
  /** Boot and pid namespace: only within one of both do pids say anything. Empty where the system does not tell. */
  bootId: string
  pid: number
  startedAt: string
}

export async function ownIdentity(): Promise<ProcessIdentity> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '')
  const bootId = boot === '' ? '' : `${boot.trim()} ${namespace}`
  return { host: hostname(), bootId, pid: process.pid, startedAt: (await startTime(process.pid)) ?? '' }
}

/** True only when it is sure that this process has ended; one of another machine or boot namespace is never sure. */
export async function isCertainlyDead(other: ProcessIdentity, own: ProcessIdentity): Promise<boolean> {
  if (other.host !== own.host || other.bootId === '' || other.bootId !== own.bootId) return false
  return (await startTime(other.pid)) !== other.startedAt
}

/** Field 22 of /proc/PID/stat, in clock ticks since boot; what stands before may hold spaces and brackets. */
async function startTime(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}
