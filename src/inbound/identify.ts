import type { Inbound } from '../channels/channel.ts'
import type { Db } from '../db/scope.ts'
import { BY_SETTINGS } from '../orgs/audit.ts'
import { writeAudit } from '../orgs/audit-store.ts'
import { accountText, type Account, type Member } from '../orgs/member.ts'
import { addIdentity, addMember, findIdentity } from '../orgs/member-store.ts'
import type { InboundParts } from './parts.ts'

/** The member whose account this is; undefined for strangers. An account on the settings' list becomes an owner's when it first speaks, one that its platform vouches for a member's. */
export async function identify(
  { allowed }: Pick<InboundParts, 'allowed'>,
  db: Db,
  orgId: string,
  { place, actor, isVouchedFor = false }: Inbound,
): Promise<Member | undefined> {
  const account = accountOf({ place, actor })
  const list = allowed(place.channel)
  const isListed = list === 'everybody' || list.has(actor.id)
  const known = await findIdentity(db, account)
  // Taken off the list is out, whatever was noted while it was on it.
  if (known && (known.source === 'granted' || isListed || isVouchedFor)) return known.member
  if (!isListed && !isVouchedFor) return undefined
  const member = await addMember(db, orgId, actor.name, isListed ? 'owner' : 'member')
  await addIdentity(db, { account, member, source: 'settings' })
  const { name, role } = member
  await writeAudit(db, {
    orgId,
    actor: BY_SETTINGS,
    action: 'member-added',
    subject: member.id,
    detail: { name, role, account: accountText(account), why: whyIn(list, isListed) },
  })
  return member
}

const whyIn = (list: ReadonlySet<string> | 'everybody', isListed: boolean) =>
  list === 'everybody' ? 'known to the channel' : isListed ? 'on the allow-list' : 'vouched for by the platform'

/** Who said it, as identities have it. */
export const accountOf = ({ place, actor }: Pick<Inbound, 'place' | 'actor'>): Account => ({
  channel: place.channel,
  tenant: actor.isOfTenant ? place.tenant : '',
  actor: actor.id,
})

/** How to let somebody in: for the log, for doctor, for the person. */
export const howToAllow = (channel: string, actorId: string) => `drover people add ${channel} ${actorId}`
