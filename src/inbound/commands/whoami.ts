import { UserError } from '../../lib/errors.ts'
import { takeAccount } from '../../orgs/accounts.ts'
import { accountText, type Identity } from '../../orgs/member.ts'
import { listAccounts } from '../../orgs/member-store.ts'
import { answered, type Command } from '../command.ts'
import { accountOf } from '../identify.ts'

export const whoami: Command = {
  name: 'whoami',
  about: 'Show your name, role and accounts',
  group: 'You',
  async run({ db, member, event }) {
    const accounts = await listAccounts(db, member.id)
    return answered(
      'whoami',
      [
        `${member.name} (${member.role}, ${member.id})`,
        `Accounts: ${accounts.map(shown).join(', ')}`,
        `This account: \`${accountText(accountOf(event))}\``,
      ].join('\n'),
    )
  },
}

export const unlinkAccount: Command = {
  name: 'unlink-account',
  usage: '<channel> [account]',
  about: 'Give one of your accounts back',
  group: 'You',
  async run({ db, member }, { words: [which, account] }) {
    if (which === undefined)
      throw new UserError('usage', 'It is `/unlink-account <channel>`. `/whoami` shows your accounts.')
    const own = (await listAccounts(db, member.id)).filter(
      (held) =>
        accountText(held) === which || (held.channel === which && (account === undefined || held.actor === account)),
    )
    const [held, another] = own
    if (!held) throw new UserError('no-account', `You have no such account. \`/whoami\` shows those you have.`)
    if (another)
      throw new UserError('several-accounts', `You have several of ${which}. Say which: ${own.map(shown).join(', ')}.`)
    // It would come back as somebody of its own, with the same name.
    if (held.source === 'settings')
      throw new UserError(
        'by-settings',
        `The settings or its platform let ${accountText(held)} in: it would come back as somebody of its own. Whoever runs Drover takes it off the list.`,
      )
    await takeAccount(db, held, member.id)
    return answered('unlink-account', `${shown(held)} is not yours any more.`)
  },
}

const shown = (held: Identity) =>
  `\`${accountText(held)}\`${held.source === 'settings' ? ' (let in by the settings)' : ''}`
