import pg from 'pg'
import { UserError, codeOf, messageOf } from '../lib/errors.ts'

const OLDEST_SUPPORTED = 150_000

/** One connection, to say in a sentence what is wrong with the server before anything is built on it. */
export async function assertUsable(url: string) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ number: string; text: string }>(
      `select current_setting('server_version_num') as number, current_setting('server_version') as text`,
    )
    const version = rows[0]
    if (version && Number(version.number) < OLDEST_SUPPORTED) {
      throw new UserError(
        'database-version',
        `DATABASE_URL points at PostgreSQL ${version.text}; Drover needs 15 or newer. Upgrade the server, or leave DATABASE_URL out to use the built-in one.`,
      )
    }
  } catch (error) {
    throw connectionError(error)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** What went wrong with a connection, as a sentence for the person who set DATABASE_URL. */
export function connectionError(error: unknown): Error {
  if (error instanceof UserError) return error
  const code = codeOf(error) ?? (error instanceof AggregateError ? codeOf(error.errors[0]) : undefined)
  const say = (text: string) => new UserError('database', text, { cause: error })
  switch (code) {
    case 'ECONNREFUSED':
    case 'ENOENT':
      return say('The server of DATABASE_URL does not answer. Is it running, and are host and port right?')
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return say('The host of DATABASE_URL is not known. Check the address.')
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return say('The server of DATABASE_URL cannot be reached. Check address, firewall and network.')
    case '28P01':
    case '28000':
      return say('The server of DATABASE_URL refuses the login. Check user and password.')
    case '3D000':
      return say('The database that DATABASE_URL names does not exist. Create it (createdb), then start again.')
    case '42501':
      return say(
        `The login of DATABASE_URL lacks a right: ${messageOf(error)}. It must own the database or be allowed to create a schema in it.`,
      )
    case '53300':
      return say(
        'The server of DATABASE_URL has no connection free. Raise its max_connections, or close other programs.',
      )
    case undefined:
      return /timeout|terminated/i.test(messageOf(error))
        ? say(`The server of DATABASE_URL does not answer (${messageOf(error)}).`)
        : asError(error)
    default:
      return asError(error)
  }
}

const asError = (error: unknown) => (error instanceof Error ? error : new Error(messageOf(error)))
