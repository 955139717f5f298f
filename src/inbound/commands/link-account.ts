import { UserError } from '../../lib/errors.ts'
import { looksLikeCode } from '../../lib/one-time-code.ts'
import { findProofChannel, makeAccountCode } from '../../orgs/account-code-store.ts'
import { answered, type Command } from '../command.ts'
import type { Reply, Talk } from '../parts.ts'
import { redeemCode } from '../redeem-code.ts'
import { startErrand } from '../start-chore.ts'

const LONGEST_NAME = 100
const LONGEST_URL = 500

export const linkAccount: Command = {
  name: 'link-account',
  usage: '[code | channel name | address]',
  about: 'Another account of yours, on any platform',
  group: 'You',
  async run(talk, { words }) {
    const [first, name] = words
    if (first === undefined) return giveCode(talk)
    // Slack and Discord people put addresses in angle brackets.
    const url = first.replaceAll(/^<|>$/g, '')
    if (/^https?:\/\//i.test(url)) return prove(talk, url)
    if (name !== undefined || talk.parts.channels.has(first)) return nameAccount(talk, first, name)
    if (!looksLikeCode(first))
      throw new UserError(
        'usage',
        'It is `/link-account` for a code, and `/link-account <code>` on the other platform.',
      )
    const { db, place, event } = talk
    return { type: 'command', ...(await redeemCode(db, { orgId: place.orgId, event, place, code: first })) }
  },
}

/** As the second document has it. */
export const rmLink: Command = {
  name: 'rm-link',
  usage: '<github-username>',
  about: 'Your GitHub account: /link-account github',
  group: 'You',
  run: (talk, { words }) => nameAccount(talk, 'github', words[0]),
}

async function giveCode({ db, member, place, event, parts }: Talk): Promise<Reply> {
  if (event.type !== 'message' || event.isPrivate !== true)
    throw new UserError(
      'not-private',
      'Others read this, too, and whoever says the code first becomes you. Say `/link-account` to me alone, in a direct message, and the code here.',
    )
  const code = await makeAccountCode(db, { orgId: place.orgId, memberId: member.id, placeId: place.id })
  return answered(
    'link-account',
    [
      'Say this within 15 minutes on the other platform, with the account that is to be yours:',
      `\`/link-account ${code}\``,
      'Whoever says it first becomes you: show it to nobody.',
      ...[...parts.channels].flatMap(([name, { accounts }]) =>
        accounts ? `For ${name}, where everybody reads: \`/link-account ${name} <your name there>\`` : [],
      ),
    ].join('\n\n'),
  )
}

/** For who cannot speak where the bot is: a code for this one account, which may be seen by everybody. */
async function nameAccount({ db, member, place, parts }: Talk, channel: string, given?: string): Promise<Reply> {
  const accounts = parts.channels.get(channel)?.accounts
  if (!accounts)
    throw new UserError(
      'no-accounts',
      parts.channels.has(channel)
        ? `An account of ${channel} is linked by a code: \`/link-account\` gives one.`
        : `${channel} is not set up here. Whoever runs Drover does that: \`drover setup ${channel}\``,
    )
  const name = given?.replace(/^@/, '') ?? ''
  if (name === '' || name.length > LONGEST_NAME)
    throw new UserError('usage', `Which account? It is \`/link-account ${channel} <name>\`.`)
  const code = await makeAccountCode(db, {
    orgId: place.orgId,
    memberId: member.id,
    placeId: place.id,
    only: { channel, name },
  })
  return answered(
    'link-account',
    `${accounts.proofHint}, as ${name}, within 15 minutes:\n\n\`${code}\`\n\nThen say here \`/link-account <its address>\`. Or say \`/link-account ${code}\` to me there.`,
  )
}

/** The platform is asked beside the conversation: it may be slow, or away. */
async function prove(talk: Talk, url: string): Promise<Reply> {
  const { db, member } = talk
  const channel = await findProofChannel(db, member.id)
  if (channel === undefined)
    throw new UserError('account-code', 'Say first which account it is: `/link-account github <name>` gives a code.')
  if (url.length > LONGEST_URL) throw new UserError('usage', 'That is no address that I could read.')
  return startErrand(talk, 'Checking whose account it is', { type: 'proof', channel, url, memberId: member.id })
}
