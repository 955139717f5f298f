import type { Command } from 'commander'
import type { Inbox, Said } from '../../http/wire.ts'
import { addCommand, does, type Cli, type JsonOption } from '../cli.ts'
import { ago, oneLine } from '../output.ts'
import { placeText, verdictText, wordsOf } from '../render-said.ts'
import { connect } from '../service.ts'

export function addInboxCommands(program: Command, cli: Cli): void {
  const { out } = cli
  const inbox = program.command('inbox').description('what people said, on all channels')

  addCommand(inbox, 'list', {
    about: 'list what was said, newest first, and what became of it',
    examples: ['drover inbox list --parked'],
  })
    .option('--parked', 'only what could not be handled')
    .option('--conversation <id>', 'only of this conversation')
    .option('--limit <number>', 'how many, at most 100', '20')
    .action(
      does(cli, async ({ json, parked, ...filter }: JsonOption & { parked?: boolean; limit: string }) => {
        const query = new URLSearchParams({ ...filter, ...(parked === true && { status: 'parked' }) })
        const list = await (await connect(cli)).get<Inbox>(`/v1/inbox?${query.toString()}`)
        if (json === true) return out.json(list)
        if (list.inbox.length === 0)
          return out.note(parked === true ? 'Nothing is parked.' : 'Nothing was said yet. Begin with: drover chat')
        out.table(
          ['MESSAGE', 'AGE', 'WHERE', 'BY', 'BECAME', 'WORDS'],
          list.inbox.map((said) => [
            said.id,
            ago(said.receivedAt),
            placeText(said.place),
            oneLine(said.actor.name),
            verdictText(said),
            wordsOf(said),
          ]),
        )
      }),
    )

  addCommand(inbox, 'retry <id>', { about: 'handle a parked message once more' }).action(
    does(cli, async (id: string, { json }: JsonOption) => {
      const said = await (await connect(cli)).post<Said>(`/v1/inbox/${encodeURIComponent(id)}/retry`)
      if (json === true) out.json(said)
      else out.print(`${said.id} is handled once more; what became of it: drover why ${said.id}`)
    }),
  )
}
