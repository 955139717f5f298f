import type { Command } from 'commander'
import type { Delivery, DeliveryList } from '../../http/wire.ts'
import { addCommand, does, type Cli, type JsonOption } from '../cli.ts'
import { ago, oneLine } from '../output.ts'
import { placeText } from '../render-said.ts'
import { connect } from '../service.ts'

export function addDeliveryCommands(program: Command, cli: Cli): void {
  const { out } = cli
  const deliveries = program.command('deliveries').description('what Drover has to show, on all channels')

  addCommand(deliveries, 'list', {
    about: 'list deliveries, newest first',
    examples: ['drover deliveries list --status dead'],
  })
    .option('--status <state>', 'only these: open, pending, sent, dead or discarded')
    .option('--conversation <id>', 'only of this conversation')
    .option('--limit <number>', 'how many, at most 100', '20')
    .action(
      does(cli, async ({ json, ...filter }: JsonOption & { status?: string; limit: string }) => {
        const list = await (
          await connect(cli)
        ).get<DeliveryList>(`/v1/deliveries?${new URLSearchParams(filter).toString()}`)
        if (json === true) return out.json(list)
        if (list.deliveries.length === 0) return out.note('No deliveries.')
        out.table(
          ['DELIVERY', 'AGE', 'WHERE', 'KIND', 'STATUS', 'WHAT'],
          list.deliveries.map((delivery) => [
            delivery.id,
            ago(delivery.createdAt),
            placeText(delivery.place),
            delivery.kind,
            delivery.status,
            oneLine(delivery.error ?? delivery.text),
          ]),
        )
      }),
    )

  const change = (name: string, about: string, said: (delivery: Delivery) => string) =>
    addCommand(deliveries, `${name} <id>`, { about }).action(
      does(cli, async (id: string, { json }: JsonOption) => {
        const delivery = await (await connect(cli)).post<Delivery>(`/v1/deliveries/${encodeURIComponent(id)}/${name}`)
        if (json === true) out.json(delivery)
        else out.print(said(delivery))
      }),
    )
  change('retry', 'send a dead one once more', ({ id }) => `${id} is sent once more.`)
  change('discard', 'give up one that is not sent', ({ id }) => `${id} is given up.`)
}
