import type { Command } from 'commander'
import type { ChannelList } from '../../http/wire.ts'
import { addCommand, does, type Cli, type JsonOption } from '../cli.ts'
import { ago, oneLine } from '../output.ts'
import { connect } from '../service.ts'

export function addChannelsCommand(program: Command, cli: Cli): void {
  const { out } = cli
  addCommand(program, 'channels', { about: 'the connections to platforms, and what to do where one is down' }).action(
    does(cli, async ({ json }: JsonOption) => {
      const list = await (await connect(cli)).get<ChannelList>('/v1/channels')
      if (json === true) return out.json(list)
      if (list.channels.length === 0) return out.note('No channel was ever open here: drover up opens them.')
      out.table(
        ['CHANNEL', 'STATE', 'SINCE', 'WHAT TO DO'],
        list.channels.map(({ name, isUp, changedAt, reason }) => [
          name,
          isUp ? 'up' : 'down',
          ago(changedAt),
          isUp ? '' : oneLine(reason ?? 'It has not come up yet. Is the service running, with its settings?'),
        ]),
      )
    }),
  )
}
