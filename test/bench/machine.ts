import { readFile } from 'node:fs/promises'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'

export interface Machine {
  date: string
  cpu: string
  memory: string
  system: string
  versions: Record<string, string>
}

/** Where and with what the figures came about. Absolute figures mean nothing without it. */
export async function describeMachine(benchFolder: string, postgres: string): Promise<Machine> {
  const libraries = await Promise.all(
    ['pg-boss', 'graphile-worker', 'pg'].map(async (name) => [name, await versionOf(benchFolder, name)] as const),
  )
  return {
    date: new Date().toISOString(),
    cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
    system: `Linux ${release()}`,
    versions: { node: process.version, postgres, ...Object.fromEntries(libraries) },
  }
}

/** Of the last one and five minutes: what else kept the machine busy shows here. */
export const load = () =>
  loadavg()
    .slice(0, 2)
    .map((value) => value.toFixed(2))
    .join(' ')

async function versionOf(benchFolder: string, name: string): Promise<string> {
  const text = await readFile(join(benchFolder, 'node_modules', name, 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
