import type { Command } from 'commander'
import type { Inbox } from '../../http/wire.ts'
import { addCommand, does, type Cli, type JsonOption } from '../cli.ts'
import { EXIT } from '../exit-codes.ts'
import { showSaid } from '../render-said.ts'
import { connect } from '../service.ts'

export function addWhyCommand(program: Command, cli: Cli): void {
  const { out } = cli
  addCommand(program, 'why <link-or-id>', {
    about: 'what became of a message: by its link, its id, or the task that it became',
    examples: ['drover why https://acme.slack.com/archives/C024BE91L/p1700000000000100', 'drover why inb_…'],
  }).action(
    does(cli, async (which: string, { json }: JsonOption) => {
      const found = await (await connect(cli)).get<Inbox>(`/v1/inbox?${new URLSearchParams({ which }).toString()}`)
      if (json === true) out.json(found)
      else if (found.inbox.length === 0)
        out.note(
          'Nothing like that has arrived. Is the bot in that room, and may it read there? `drover channels` says whether its connection stands.',
        )
      else
        found.inbox.forEach((said, index) => {
          if (index > 0) out.print('')
          showSaid(said, out)
        })
      return found.inbox.length === 0 ? EXIT.wrongUse : EXIT.done
    }),
  )
}
