import type { Command } from 'commander'
import type { ApiKeyList, CreatedApiKey } from '../../http/wire.ts'
import { addCommand, does, type Cli, type JsonOption } from '../cli.ts'
import { ago } from '../output.ts'
import { connect } from '../service.ts'

export function addKeyCommands(program: Command, cli: Cli): void {
  const { out } = cli
  const key = program.command('key').description('the keys that open the API')

  addCommand(key, 'create <name>', {
    about: 'make a key; it is shown this once',
    examples: ['DROVER_API_KEY=$(drover key create ci) …'],
  }).action(
    does(cli, async (name: string, { json }: JsonOption) => {
      const created = await (await connect(cli)).post<CreatedApiKey>('/v1/keys', { name })
      if (json === true) return out.json(created)
      out.print(created.token ?? '')
      out.note(`This is ${created.id}. Keep it: it is not shown again.`)
    }),
  )

  addCommand(key, 'list', { about: 'list all keys that are valid' }).action(
    does(cli, async ({ json }: JsonOption) => {
      const list = await (await connect(cli)).get<ApiKeyList>('/v1/keys')
      if (json === true) return out.json(list)
      out.table(
        ['KEY', 'NAME', 'MADE', 'USED'],
        list.keys.map(({ id, name, createdAt, lastUsedAt }) => [
          id,
          name,
          `${ago(createdAt)} ago`,
          lastUsedAt === null ? 'never' : `${ago(lastUsedAt)} ago`,
        ]),
      )
    }),
  )

  addCommand(key, 'revoke <id>', { about: 'make a key invalid at once' }).action(
    does(cli, async (id: string, { json }: JsonOption) => {
      await (await connect(cli)).delete(`/v1/keys/${encodeURIComponent(id)}`)
      if (json === true) out.json({ revoked: id })
      else out.print(`Revoked ${id}.`)
    }),
  )
}
