import type { Db } from '../db/scope.ts'
import { UserError } from '../lib/errors.ts'
import type { Member } from './member.ts'
import { findMembers } from './member-store.ts'

/** The member of this id, or of this name where only one has it; `UserError('member-unknown')`. */
export const knownMember = async (db: Db, which: string): Promise<Member> =>
  onlyMember(await findMembers(db, which), `called ${which}`)

/** The one that was found; `described` ends "nobody is …". */
export function onlyMember(found: readonly Member[], described: string): Member {
  const [only, another] = found
  if (only && !another) return only
  throw new UserError(
    'member-unknown',
    only
      ? `Several are ${described}. Give the id: ${found.map(({ id, role }) => `${id} (${role})`).join(', ')}.`
      : `Nobody is ${described}. \`drover people list\` shows who is there.`,
  )
}
