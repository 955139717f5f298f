/** What the cases of driver-conformance.ts look for, and what they show. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Turn, TurnPicture } from '../src/agents/driver.ts'
import type { Launch } from '../src/lib/process.ts'

/** Processes of this machine whose command line has this word in it; zombies have none. */
export function processesWith(word: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(word)
      } catch {
        return false
      }
    })
}

/** Returns as well when the turn ends without it: the case then fails by what the turn says. */
export async function untilRunning(word: string, turn: Turn): Promise<void> {
  const ended = turn.outcome.then(() => 'ended')
  while (processesWith(word).length === 0) if ((await Promise.race([ended, delay(20)])) === 'ended') return
}

/** A number of seconds that no other process sleeps. */
export const rareSeconds = () => `6${Math.floor(Math.random() * 1e9)}.5`

/** In the agent's home, as a worker puts it there. */
export async function placePicture({
  launch,
  paths,
}: {
  launch: Launch
  paths: { home: string }
}): Promise<TurnPicture> {
  const path = `${paths.home}/colours.png`
  const writer = launch({ file: '/bin/sh', args: ['-c', 'cat > "$1"', 'sh', path], env: {} })
  writer.stdin.end(PICTURE)
  for (const output of [writer.stdout, writer.stderr]) output.resume()
  expect(await writer.exited).toMatchObject({ code: 0 })
  return { path, mediaType: 'image/png', content: PICTURE }
}

/** Three pixels wide, two high. */
export const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAEElEQVR42mP4z8DAAMFwFgA72AX7NhGY6gAAAABJRU5ErkJggg==',
  'base64',
)

/** Everything that a process of the same user could find, if nothing kept it in. */
export const SNOOP = (secretFile: string) =>
  `cat /proc/[0-9]*/environ ${secretFile} 2> /dev/null | tr '\\0' '\\n' | grep -o 'conformance-s[a-z]*'; echo looked everywhere`

/** A neighbour that has the secret in its environment; our own is set too late to be seen in /proc. */
export function processWithSecret(): Disposable {
  const child = spawn('sleep', ['600'], { env: { DROVER_TEST_SECRET: 'conformance-secret' }, stdio: 'ignore' })
  return { [Symbol.dispose]: () => void child.kill() }
}
