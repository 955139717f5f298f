import { UserError } from '../lib/errors.ts'
import { isId } from '../lib/ids.ts'

/** Where the next page begins; opaque, so that it may come to mean something else. */
export const encodeCursor = (lastId: string | undefined) =>
  lastId === undefined ? null : Buffer.from(`v1 ${lastId}`).toString('base64url')

export function decodeCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined
  const [version, id = ''] = Buffer.from(cursor, 'base64url').toString().split(' ')
  if (version === 'v1' && isId('task', id)) return id
  throw new UserError(
    'invalid-request',
    '`cursor` is not one of ours. Take `next` of the page before, or leave it out for the first.',
  )
}
