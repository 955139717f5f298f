/** A process that holds the embedded database of a folder, for tests to end in their own way. Says each step as one JSON line. */
import { readdir } from 'node:fs/promises'
import { openDatabase } from '../../src/db/connect.ts'
import { openEmbedded } from '../../src/db/embedded.ts'
import { asSystem } from '../../src/db/scope.ts'
import { setLimit } from '../../src/tasks/store.ts'
import { codeOf, messageOf } from '../../src/lib/errors.ts'

const [folder = '', mode] = process.argv.slice(2)
const say = (step: object) => process.stdout.write(`${JSON.stringify(step)}\n`)

try {
  if (mode === 'bare') {
    const held = await openEmbedded({ folder })
    process.once('SIGTERM', () => void held.release().then(() => process.exit(0)))
    say({ open: held.pid })
    setInterval(() => undefined, 60_000)
  } else {
    const database = await openDatabase({ folder, onWarning: () => undefined })
    process.once('SIGTERM', () => void database.close().then(() => process.exit(0)))
    say({ open: process.pid })
    setInterval(() => undefined, 60_000)
    if (mode === 'write') {
      for (let n = 1; ; n++) {
        await asSystem(database, (db) => setLimit(db, 'agent', `row ${n}`, n))
        say({ acknowledged: n })
      }
    }
  }
} catch (error) {
  say({ error: codeOf(error) ?? 'bug', message: messageOf(error), left: await readdir(folder).catch(() => []) })
  process.exitCode = 1
}
