import { once } from 'node:events'
import { expect, test } from 'vitest'
import { asAdmin, openTestDb } from '../../test/test-db.ts'
import { createOnlyOne } from './only-one.ts'

test('work whose lock is lost with its connection is told to end, and begins again', async () => {
  await using db = await openTestDb({ poolSize: 3 })
  const stopping = new AbortController()
  let begun = 0
  const running = createOnlyOne(db)('a thing', stopping.signal, async (signal) => {
    begun++
    if (!signal.aborted) await once(signal, 'abort')
  })
  await expect.poll(() => begun).toBe(1)
  await asAdmin(new URL(db.url).pathname.slice(1), (client) =>
    client.query(
      `select pg_terminate_backend(pid) from pg_locks
        where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
    ),
  )
  await expect.poll(() => begun).toBe(2)
  stopping.abort()
  await running
})
