import pg from 'pg'
import { UserError, codeOf, messageOf } from '../lib/errors.ts'

const OLDEST_SUPPORTED = 150_000

/** One connection, to say in a sentence what is wrong with the server before anything is built on it. */
export async function assertUsable(url: string) {
  let client: pg.Client | undefined
  try {
    client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
    client.on('error', () => undefined)
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
    await client?.end().catch(() => undefined)
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
    case 'ERR_INVALID_URL':
      return say('DATABASE_URL is no URL. It looks like this: postgres://user:password@host:5432/database')
    case '28P01':
    case '28000':
      if (/no encryption|SSL off/.test(messageOf(error))) {
        return say(`The server of DATABASE_URL refuses the login (${messageOf(error)}). Add ?sslmode=require to it.`)
      }
      return say('The server of DATABASE_URL refuses the login. Check user and password.')
    case '3D000':
      return say('The database that DATABASE_URL names does not exist. Create it (createdb), then start again.')
    case '42501':
      return say(
        `The login of DATABASE_URL lacks a right: ${messageOf(error)}. It must own the database or be allowed to create a schema in it.`,
      )
    case '57P03':
      return say('The server of DATABASE_URL is still starting. Try again in a moment.')
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_HAS_EXPIRED':
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return say(
        `The certificate of DATABASE_URL's server is not trusted (${messageOf(error)}). Add sslrootcert=<file> with its authority, or sslmode=no-verify where the network is yours.`,
      )
    case '53300':
      return say(
        'The server of DATABASE_URL has no connection free. Raise its max_connections, close other programs, or lower DROVER_DATABASE_CONNECTIONS.',
      )
    case undefined:
      return withoutCode(error, say)
    default:
      return asError(error)
  }
}

/** Errors of the driver's own, which come without a code. */
function withoutCode(error: unknown, say: (text: string) => UserError): Error {
  const message = messageOf(error)
  if (/password must be a/.test(message)) {
    return say('The server of DATABASE_URL refuses the login. Check user and password: there is no password in it.')
  }
  if (/does not support SSL/.test(message)) {
    return say('The server of DATABASE_URL has no encrypted connection to offer. Take sslmode out of it.')
  }
  if (/timeout|terminated|There was an error establishing/i.test(message)) {
    return say(`The server of DATABASE_URL does not answer (${message}).`)
  }
  return asError(error)
}

const asError = (error: unknown) => (error instanceof Error ? error : new Error(messageOf(error)))
