import type { Command } from 'commander'
import type { CreatedWebhook, NewWebhook, Webhook, WebhookList } from '../../http/wire.ts'
import { addCommand, does, type Cli, type JsonOption } from '../cli.ts'
import { oneLine } from '../output.ts'
import { connect } from '../service.ts'
import { addHookCommands } from './webhook-hook.ts'

interface AddOptions extends JsonOption {
  events?: string[]
}

export function addWebhookCommands(program: Command, cli: Cli): void {
  const webhook = program
    .command('webhook')
    .description('programs that are told what becomes of tasks, and programs that start some')
  addSubscriptionCommands(webhook, cli)
  addHookCommands(webhook, cli)
}

function addSubscriptionCommands(webhook: Command, cli: Cli) {
  const { out } = cli
  addCommand(webhook, 'add <url>', {
    about: 'have what becomes of tasks posted to an address, signed (Standard Webhooks)',
    examples: [
      'drover webhook add https://example.com/drover',
      'drover webhook add https://example.com/drover --events completed,failed',
    ],
  })
    .option(
      '--events <list>',
      'some of created, started, waiting, completed, failed, cancelled (default: all)',
      eventsFrom,
    )
    .action(
      does(cli, async (url: string, { json, events }: AddOptions) => {
        const body = { url, ...(events && { events: events as NewWebhook['events'] }) } satisfies NewWebhook
        const added = await (await connect(cli)).post<CreatedWebhook>('/v1/webhooks', body)
        if (json === true) return out.json(added)
        out.print(added.secret ?? '')
        out.note(`Posts to ${added.url} (${added.id}) are signed with this secret. It is shown this once.`)
      }),
    )

  addCommand(webhook, 'list', { about: 'list the addresses that are posted to' }).action(
    does(cli, async ({ json }: JsonOption) => {
      const list = await (await connect(cli)).get<WebhookList>('/v1/webhooks')
      if (json === true) return out.json(list)
      if (list.webhooks.length === 0) return out.note('No webhooks. Add one with: drover webhook add <url>')
      out.table(
        ['WEBHOOK', 'URL', 'EVENTS', 'STATE'],
        list.webhooks.map((each) => [each.id, oneLine(each.url), shortNames(each), stateOf(each)]),
      )
    }),
  )

  addCommand(webhook, 'remove <id>', { about: 'post no more to an address' }).action(
    does(cli, async (id: string, { json }: JsonOption) => {
      await (await connect(cli)).delete(`/v1/webhooks/${encodeURIComponent(id)}`)
      if (json === true) out.json({ removed: id })
      else out.print(`Removed ${id}.`)
    }),
  )
}

/** `completed` is short for `task.completed`. */
const eventsFrom = (list: string) =>
  list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .map((name) => (name.includes('.') ? name : `task.${name}`))

const shortNames = ({ events }: Webhook) => events.map((name) => name.replace(/^task\./, '')).join(', ')
const stateOf = ({ disabledWhy }: Webhook) => (disabledWhy === null ? 'on' : `disabled: ${oneLine(disabledWhy)}`)
