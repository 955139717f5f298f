import type { Command } from 'commander'
import type { Person, PersonList, RefusedList } from '../../http/wire.ts'
import { addCommand, does, type Cli, type JsonOption } from '../cli.ts'
import { ago, oneLine } from '../output.ts'
import { connect } from '../service.ts'

interface AddOptions extends JsonOption {
  name?: string
  role?: string
  tenant?: string
}

export function addPeopleCommands(program: Command, cli: Cli): void {
  const people = program.command('people').description('who may speak to Drover, and by which accounts')
  addLists(people, cli)
  addChanges(people, cli)
  addAccounts(people, cli)
}

function addLists(people: Command, cli: Cli) {
  const { out } = cli
  addCommand(people, 'list', { about: 'list everybody, with their accounts' }).action(
    does(cli, async ({ json }: JsonOption) => {
      const list = await (await connect(cli)).get<PersonList>('/v1/people')
      if (json === true) return out.json(list)
      if (list.people.length === 0)
        return out.note('Nobody has spoken yet. Who wrote and may not: drover people refused')
      out.table(
        ['MEMBER', 'NAME', 'ROLE', 'ACCOUNTS'],
        list.people.map(({ id, name, role, accounts }) => [
          id,
          oneLine(name),
          role,
          accounts.map(accountText).join(', '),
        ]),
      )
    }),
  )

  addCommand(people, 'refused', { about: 'list who wrote lately and may not' }).action(
    does(cli, async ({ json }: JsonOption) => {
      const list = await (await connect(cli)).get<RefusedList>('/v1/people/refused')
      if (json === true) return out.json(list)
      if (list.refused.length === 0) return out.note('Nobody was refused within the last seven days.')
      out.table(
        ['CHANNEL', 'ACCOUNT', 'NAME', 'WROTE', 'LET IN WITH'],
        list.refused.map(({ channel, actor, name, at }) => [
          channel,
          actor,
          oneLine(name),
          `${ago(at)} ago`,
          `drover people add ${channel} ${actor}`,
        ]),
      )
    }),
  )
}

const accountText = ({ channel, tenant, actor, source }: Person['accounts'][number]) =>
  `${[channel, tenant, actor].filter(Boolean).join('/')}${source === 'settings' ? ' (settings)' : ''}`

function addChanges(people: Command, cli: Cli) {
  const { out } = cli
  addCommand(people, 'add <channel> <account>', {
    about: 'let somebody in, by the id of the account on its platform',
    examples: ['drover people add telegram 123456789', 'drover people add slack U024BE7LH --name Ann --role admin'],
  })
    .option('--name <name>', 'what to call them (default: as they have called themselves)')
    .option('--role <role>', 'owner, admin or member (default: member)')
    .option('--tenant <id>', 'only in this Slack workspace or Discord server')
    .action(
      does(cli, async (channel: string, actor: string, { json, ...options }: AddOptions) => {
        const added = await (await connect(cli)).post<Person>('/v1/people', { channel, actor, ...options })
        if (json === true) return out.json(added)
        out.print(`${oneLine(added.name)} is in as ${added.role} (${added.id}). What was refused is to be sent again.`)
      }),
    )

  addCommand(people, 'remove <member-id>', { about: 'shut somebody out, with all accounts' }).action(
    does(cli, async (id: string, { json }: JsonOption) => {
      const client = await connect(cli)
      const { people: before } = await client.get<PersonList>('/v1/people')
      await client.delete(`/v1/people/${encodeURIComponent(id)}`)
      if (json === true) return out.json({ removed: id })
      out.print(`Removed ${id}.`)
      for (const { channel, actor } of listedIn(before, id))
        out.note(`The settings still let in ${channel} ${actor}: take it off their list, or it comes back.`)
    }),
  )
}

interface AccountOptions extends JsonOption {
  tenant?: string
}

function addAccounts(people: Command, cli: Cli) {
  const { out } = cli
  const tenant = ['--tenant <id>', 'only in this Slack workspace or Discord server'] as const
  const pathOf = (which: string) => `/v1/people/${encodeURIComponent(which)}/accounts`

  addCommand(people, 'link <member> <channel> <account>', {
    about: 'say whose account it is, whoever’s it was; `/link-account` in a chat does it with a code',
    examples: ['drover people link Ann telegram 123456789', 'drover people link Ann github ann-at-work'],
  })
    .option(...tenant)
    .action(
      does(cli, async (which: string, channel: string, actor: string, { json, ...options }: AccountOptions) => {
        const linked = await (await connect(cli)).put<Person>(pathOf(which), { channel, actor, ...options })
        if (json === true) return out.json(linked)
        out.print(`${oneLine(linked.name)} (${linked.role}): ${linked.accounts.map(accountText).join(', ')}`)
      }),
    )

  addCommand(people, 'unlink <member> <channel> <account>', {
    about: 'take an account from somebody, but the last one',
  })
    .option(...tenant)
    .action(
      does(cli, async (which: string, channel: string, actor: string, { json, ...options }: AccountOptions) => {
        const query = new URLSearchParams({ channel, actor, ...options }).toString()
        await (await connect(cli)).delete(`${pathOf(which)}?${query}`)
        if (json === true) return out.json({ unlinked: { member: which, channel, actor, ...options } })
        out.print(`${channel}/${actor} is no account of ${which} any more.`)
      }),
    )
}

/** The console asks for a key, not for a list. */
const listedIn = (people: readonly Person[], id: string) =>
  (people.find((person) => person.id === id)?.accounts ?? []).filter(
    ({ source, channel }) => source === 'settings' && channel !== 'console',
  )
