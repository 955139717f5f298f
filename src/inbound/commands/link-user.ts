import { UserError } from '../../lib/errors.ts'
import { assertMayGive, giveAccount } from '../../orgs/accounts.ts'
import { knownMember, onlyMember } from '../../orgs/known-member.ts'
import { accountText, type Member } from '../../orgs/member.ts'
import { listHolders } from '../../orgs/member-store.ts'
import { answered, type Command } from '../command.ts'
import type { Reply, Talk } from '../parts.ts'
import { startErrand } from '../start-chore.ts'

export const linkUser: Command = {
  name: 'link-user',
  usage: '<channel> <account> <member>',
  about: 'Say whose account it is (admins)',
  group: 'You',
  async run(talk, { words: [channel, account, ...which] }) {
    if (channel === undefined || account === undefined || which.length === 0)
      throw new UserError('usage', 'It is `/link-user <channel> <account> <member id or name>`.')
    return link(talk, { channel, account, member: await knownMember(talk.db, which.join(' ')) })
  },
}

/** As the second document has it. */
export const rmLinkUser: Command = {
  name: 'rm-link-user',
  usage: '<github-username> <discord-id>',
  about: 'Whose GitHub account it is (admins)',
  group: 'You',
  async run(talk, { words: [account, discordId] }) {
    if (account === undefined || discordId === undefined)
      throw new UserError('usage', 'It is `/rm-link-user <github-username> <discord-id>`.')
    const actor = withoutMention(discordId)
    const held = await listHolders(talk.db, { channel: 'discord', tenant: '', actor })
    const members = new Map(held.map(({ member }) => [member.id, member]))
    const member = onlyMember([...members.values()], `known by the Discord account ${actor}`)
    return link(talk, { channel: 'github', account: `@${withoutMention(account)}`, member })
  },
}

async function link(
  talk: Talk,
  { channel, account: given, member }: { channel: string; account: string; member: Member },
): Promise<Reply> {
  const { db, parts } = talk
  const known = parts.channels.get(channel)
  if (!known)
    throw new UserError(
      'channel-unknown',
      `There is no channel "${channel}" here. There are: ${[...parts.channels.keys()].join(', ')}.`,
    )
  const actor = withoutMention(given)
  const account = { channel, tenant: '', actor }
  await assertMayGive(db, talk.member, account, member)
  // A name is not an id, and only the platform knows: asked beside the conversation.
  if (known.accounts)
    return startErrand(talk, `Linking ${actor} on ${channel}`, {
      type: 'grant',
      channel,
      // With its @, which says that it is a name, be it all digits.
      account: given.replaceAll(/[<>]/g, ''),
      memberId: member.id,
      memberName: member.name,
      by: talk.member.id,
    })
  await giveAccount(db, { account, member, by: talk.member.id, how: 'override' })
  return answered('link-user', `🔗 \`${accountText(account)}\` is ${member.name} (${member.role}) from now on.`)
}

/** `<@123>`, `<@!123>` and `@ada` mean what they hold. */
const withoutMention = (given: string) => given.replace(/^<?@!?/, '').replace(/(?:\|.*)?>$/, '')
