import { join } from 'node:path'
import type { Config } from './config.ts'
import { openDatabase } from './db/connect.ts'
import { migrate } from './db/migrate.ts'

/** Brings the database of these settings up to date; the built-in one is started for it. The names of what was applied. */
export async function migrateDatabase(config: Config): Promise<string[]> {
  if (config.DATABASE_URL !== undefined) return migrate(config.DATABASE_URL)
  const database = await openDatabase({
    folder: join(config.home, 'postgres'),
    migrate: false,
    onWarning: () => undefined,
  })
  try {
    return await migrate(database.url)
  } finally {
    await database.close()
  }
}
