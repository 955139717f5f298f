import type { Command } from 'commander'
import type { CreatedHook, HookList, NewHook } from '../../http/wire.ts'
import { addCommand, does, type Cli, type JsonOption } from '../cli.ts'
import { oneLine } from '../output.ts'
import { resolveRepository } from '../repository.ts'
import { connect } from '../service.ts'
import { codebaseFor } from './run.ts'

interface AddOptions extends JsonOption {
  template: string
  conversation?: string
  repo?: string
  agent?: string
  github?: boolean
}

/** Below `drover webhook`. */
export function addHookCommands(webhook: Command, cli: Cli): void {
  const { out } = cli
  const hook = webhook.command('hook').description('addresses where programs post what an agent is to do')

  addCommand(hook, 'add <name>', {
    about: 'make an address where a program posts JSON; each post becomes a message for an agent',
    examples: [
      'drover webhook hook add alerts --template "Look into {{alert.title}}: {{alert.details}}"',
      'drover webhook hook add issues --github --template "{{issue.title}} {{issue.body}}" --conversation "{{issue.number}}"',
    ],
  })
    .requiredOption('--template <text>', 'what the agent is told; {{a.b.0}} is a path into the JSON')
    .option('--conversation <template>', 'what comes to the same text goes on in one conversation')
    .option('--repo <path-or-url>', 'the repository to work on (default: that of the current folder)')
    .option('--agent <name>', 'the agent that works')
    .option('--github', 'signed by X-Hub-Signature-256, as GitHub does (default: Standard Webhooks)')
    .action(
      does(cli, async (name: string, { json, repo, github, conversation, ...options }: AddOptions) => {
        const repository = await resolveRepository(repo, cli.parts.folder ?? process.cwd())
        const client = await connect(cli)
        const { id: codebase } = await codebaseFor(cli, client, repository)
        const added = await client.post<CreatedHook>('/v1/hooks', {
          ...options,
          name,
          codebase,
          scheme: github === true ? 'github' : 'standard',
          ...(conversation !== undefined && { conversationTemplate: conversation }),
        } satisfies NewHook)
        if (json === true) return out.json(added)
        out.print(added.secret ?? '')
        out.note(
          `Post JSON to ${added.path} of this service (${added.id}), signed with this secret. It is shown this once.`,
        )
      }),
    )

  addCommand(hook, 'list', { about: 'list the addresses where programs post' }).action(
    does(cli, async ({ json }: JsonOption) => {
      const list = await (await connect(cli)).get<HookList>('/v1/hooks')
      if (json === true) return out.json(list)
      if (list.hooks.length === 0) return out.note('No hooks. Make one with: drover webhook hook add <name>')
      out.table(
        ['HOOK', 'NAME', 'SIGNED AS', 'POST TO', 'TEMPLATE'],
        list.hooks.map((each) => [each.id, oneLine(each.name), each.scheme, each.path, oneLine(each.template)]),
      )
    }),
  )

  addCommand(hook, 'remove <id-or-name>', { about: 'take no more posts there' }).action(
    does(cli, async (which: string, { json }: JsonOption) => {
      await (await connect(cli)).delete(`/v1/hooks/${encodeURIComponent(which)}`)
      if (json === true) out.json({ removed: which })
      else out.print(`Removed ${which}.`)
    }),
  )
}
