import type { Inbound } from '../channels/channel.ts'
import type { Db } from '../db/scope.ts'
import { say } from '../deliveries/store.ts'
import type { Verdict } from '../inbox/inbox.ts'
import { UserError } from '../lib/errors.ts'
import { looksLikeCode } from '../lib/one-time-code.ts'
import {
  findAccountCode,
  mayGuess,
  noteWrongCode,
  tellsOfGuessing,
  useAccountCode,
  type AccountCode,
} from '../orgs/account-code-store.ts'
import { assertFree, giveAccount } from '../orgs/accounts.ts'
import { accountText } from '../orgs/member.ts'
import { findIdentity, lockMember } from '../orgs/member-store.ts'
import { getPlace, openPlace, type PlaceRow } from '../places/store.ts'
import { accountOf } from './identify.ts'
import { parseCommand } from './parse-command.ts'

interface Given {
  orgId: string
  event: Inbound
  place: PlaceRow
  code: string
}

/** A code of `/link-account`: whoever says it is from now on whose code it is. Wrong ones are counted; `UserError` says so. */
export async function redeemCode(
  db: Db,
  { orgId, event, place, code: given }: Given,
): Promise<{ reason: string; say?: string }> {
  const account = accountOf(event)
  if (!(await mayGuess(db, account))) {
    const reason = 'refused: too many wrong codes within an hour'
    if (!(await tellsOfGuessing(db, orgId, account))) return { reason }
    return { reason, say: 'Too many wrong codes. I look at no more of them for an hour.' }
  }
  const code = await findAccountCode(db, given)
  const member = code && isFor(code, event) ? await lockMember(db, code.memberId) : undefined
  if (!code || !member) {
    await noteWrongCode(db, orgId, account)
    throw new UserError(
      'account-code',
      'This code is wrong, was used, or is older than 15 minutes. `/link-account` where I know you gives a new one.',
    )
  }
  const reason = 'command /link-account'
  if ((await findIdentity(db, account))?.member.id === member.id)
    return { reason, say: `This account is ${member.name} already.` }
  await assertFree(db, account, member)
  await useAccountCode(db, code)
  await giveAccount(db, { account, member, by: member.id, how: 'code' })
  const origin = await getPlace(db, code.placeId)
  if (origin && origin.id !== place.id)
    await say(db, origin, {
      markdown: `🔗 ${event.actor.name} (\`${accountText(account)}\`) is you from now on. If that was not you: \`/unlink-account ${accountText(account)}\``,
    })
  return { reason, say: `🔗 You are ${member.name} (${member.role}) here, too. \`/whoami\` shows all your accounts.` }
}

/** One that was made for a certain account is worth nothing to others: it may stand where everybody reads it. */
const isFor = ({ only }: AccountCode, { place, actor }: Inbound) =>
  only === null || (only.channel === place.channel && only.name.toLowerCase() === actor.name.toLowerCase())

/** Somebody whom nobody has let in says a code; undefined where it is something else. */
export async function redeemAsStranger(db: Db, orgId: string, event: Inbound): Promise<Verdict | undefined> {
  const command = event.type === 'message' ? parseCommand(event.text) : undefined
  const [code, ...more] = command?.name === 'link-account' ? command.words : []
  if (code === undefined || more.length > 0 || !looksLikeCode(code)) return undefined
  const place = await openPlace(db, orgId, event.place)
  try {
    const { reason, say: answer } = await redeemCode(db, { orgId, event, place, code })
    if (answer === undefined) return { type: 'dropped', reason }
    await say(db, place, { markdown: answer })
    return { type: 'command', reason }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    await say(db, place, { markdown: error.message })
    return { type: 'command', reason: `refused: ${error.code}` }
  }
}
