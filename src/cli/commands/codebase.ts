import type { Command } from 'commander'
import type { Codebase, CodebaseList } from '../../http/wire.ts'
import { addCommand, does, type Cli, type JsonOption } from '../cli.ts'
import { resolveRepository } from '../repository.ts'
import { connect } from '../service.ts'

export function addCodebaseCommands(program: Command, cli: Cli): void {
  const { out } = cli
  const codebase = program.command('codebase').description('the repositories that agents work on')

  addCommand(codebase, 'add <repository>', {
    about: 'make a repository known',
    examples: ['drover codebase add .', 'drover codebase add https://github.com/acme/app --name app'],
  })
    .option('--name <name>', 'what to call it (default: the last part of the path or URL)')
    .action(
      does(cli, async (given: string, { json, name }: JsonOption & { name?: string }) => {
        const repository = await resolveRepository(given, cli.parts.folder ?? process.cwd())
        const client = await connect(cli)
        const url = 'address' in repository ? repository.address : repository.name
        const added = await client.post<Codebase>('/v1/codebases', { url, ...(name !== undefined && { name }) })
        if (json === true) out.json(added)
        else out.print(`Added ${added.name}: ${added.url}, branch ${added.defaultBranch} (${added.id})`)
      }),
    )

  addCommand(codebase, 'list', { about: 'list all known repositories' }).action(
    does(cli, async ({ json }: JsonOption) => {
      const list = await (await connect(cli)).get<CodebaseList>('/v1/codebases')
      if (json === true) return out.json(list)
      if (list.codebases.length === 0)
        return out.note('No codebase is known. Add one with: drover codebase add PATH_OR_URL')
      out.table(
        ['NAME', 'BRANCH', 'ID', 'URL'],
        list.codebases.map(({ name, defaultBranch, id, url }) => [name, defaultBranch, id, url]),
      )
    }),
  )

  addCommand(codebase, 'remove <name>', { about: 'forget a repository; conversations and branches stay' }).action(
    does(cli, async (name: string, { json }: JsonOption) => {
      const client = await connect(cli)
      await client.delete(`/v1/codebases/${encodeURIComponent(name)}`)
      if (json === true) out.json({ removed: name })
      else out.print(`Removed ${name}.`)
    }),
  )
}
