import pg from 'pg'
import { UserError, codeOf } from '../lib/errors.ts'

/** What a connection is until it says for whom it asks: no right at all. */
export const IDLE_ROLE = 'drover_idle'
/** One org's rows. */
export const APP_ROLE = 'drover_app'
/** All orgs' rows: for the stages that serve everybody. */
export const SYSTEM_ROLE = 'drover_system'

const ROLES = [IDLE_ROLE, APP_ROLE, SYSTEM_ROLE]
const NAME = 'drover'

/**
 * Makes the login and the database of an embedded cluster, and returns its URL. The login is no superuser:
 * a superuser passes every row-level policy.
 */
export async function createLogin(admin: pg.ClientConfig): Promise<string> {
  const client = new pg.Client(admin)
  client.on('error', () => undefined)
  await client.connect()
  try {
    await once(client, `create role ${NAME} login`)
    await createRoles(client, NAME)
    await once(client, `create database ${NAME} owner ${NAME}`)
  } finally {
    await client.end()
  }
  return `postgres://${NAME}@localhost:${admin.port}/${NAME}?host=${encodeURIComponent(String(admin.host))}`
}

/** Roles belong to the whole server, so they are no migration. Harmless to repeat; several at once may. */
export async function createRoles(client: pg.ClientBase, login: string) {
  const { rows } = await client.query<{ ready: boolean }>(
    `select count(*) filter (where pg_has_role($1, oid, 'member')) = $3 as ready from pg_roles where rolname = any($2)`,
    [login, ROLES, ROLES.length],
  )
  if (rows[0]?.ready === true) return
  for (const role of ROLES) {
    await once(client, `create role ${role} nologin`).catch((cause: unknown) => {
      throw codeOf(cause) === '42501' ? rolesMissing(login, cause) : cause
    })
  }
  await client.query(`grant ${ROLES.join(', ')} to ${client.escapeIdentifier(login)}`).catch((cause: unknown) => {
    // Two starts that grant at once collide in the catalog; the other one has done it.
    if (codeOf(cause) !== 'XX000' && codeOf(cause) !== '23505') throw rolesMissing(login, cause)
  })
}

async function once(client: pg.ClientBase, statement: string) {
  await client.query(statement).catch((cause: unknown) => {
    const code = codeOf(cause)
    if (code === '42710' || code === '42P04' || code === '23505') return
    throw cause
  })
}

function rolesMissing(login: string, cause: unknown) {
  return new UserError(
    'database-rights',
    `The login of DATABASE_URL may not create roles. Ask the server's administrator to run once: ` +
      `${ROLES.map((role) => `create role ${role} nologin;`).join(' ')} grant ${ROLES.join(', ')} to ${login};`,
    { cause },
  )
}
