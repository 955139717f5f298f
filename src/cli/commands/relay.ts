import type { Command } from 'commander'
import { addCommand, does, type Cli, type JsonOption } from '../cli.ts'
import { ago } from '../output.ts'
import { untilStopped } from '../signals.ts'

interface ServeOptions extends JsonOption {
  port?: string
  host?: string
}

export function addRelayCommands(program: Command, cli: Cli): void {
  const { out, parts } = cli
  const relay = program.command('relay').description('webhooks for a Drover that has no public address')

  addCommand(relay, 'serve', {
    about: 'start the public end: it keeps what platforms post until Drover has taken it',
    examples: ['drover relay serve', 'DROVER_PUBLIC_URL=https://relay.example.com drover relay serve --port 8080'],
  })
    .option('--port <number>', 'port to listen on (default: PORT, else 3000; 0: any that is free)')
    .option('--host <address>', 'address to listen on (default: HOST, else 127.0.0.1)')
    .action(
      does(cli, async ({ json, ...options }: ServeOptions) => {
        const served = await (await parts.relay()).serve(options)
        if (json === true) out.json({ url: served.url, pid: process.pid, summary: served.summary })
        else {
          out.print(out.style('bold', `The relay of Drover ${parts.version} listens on ${served.url}`))
          for (const line of served.summary) out.print(line)
          out.print(out.style('dim', 'Ctrl-C stops it.'))
        }
        await untilStopped(out, 'Stopping.')
        await served.stop()
        out.note('Stopped.')
      }),
    )

  addCommand(relay, 'connect [url]', {
    about:
      'take what is posted to a relay into the service (drover up does it by itself where both settings are there)',
    examples: ['DROVER_RELAY_TOKEN=relay_… drover relay connect https://relay.example.com/r/…'],
  })
    .addHelpText('after', '\nThe token is in DROVER_RELAY_TOKEN, the address may be in DROVER_RELAY_URL.')
    .action(
      does(cli, async (url: string | undefined, { json }: JsonOption) => {
        const connection = await (await parts.relay()).connect(url)
        if (json === true) out.json({ relay: connection.relay, service: connection.service, pid: process.pid })
        else {
          out.print(out.style('bold', `From ${connection.relay} to ${connection.service}`))
          out.print(out.style('dim', 'Ctrl-C stops it.'))
        }
        await Promise.race([untilStopped(out, 'Stopping.'), connection.ended])
        await connection.stop()
        out.note('Stopped.')
      }),
    )

  addCommand(relay, 'add <name>', {
    about: 'make a channel on this relay: its address, and its token, which is shown this once',
    examples: ['DROVER_PUBLIC_URL=https://relay.example.com drover relay add home'],
  }).action(
    does(cli, async (name: string, { json }: JsonOption) => {
      const added = await (await parts.relay()).add(name)
      if (json === true) return out.json(added)
      out.print(`DROVER_RELAY_URL=${added.url}`)
      out.print(`DROVER_RELAY_TOKEN=${added.token}`)
      out.note('Set both where Drover runs. The token is not shown again.')
      out.note(
        `Platforms post to ${added.url}/webhooks/github, …/webhooks/slack and so on. Keep that address to yourself.`,
      )
    }),
  )

  addCommand(relay, 'list', { about: 'list the channels of this relay, and what waits in them' }).action(
    does(cli, async ({ json }: JsonOption) => {
      const channels = await (await parts.relay()).list()
      if (json === true) return out.json({ channels })
      const when = (time: Date | null) => (time === null ? 'never' : `${ago(time.toISOString())} ago`)
      out.table(
        ['NAME', 'WAITING', 'FAILED', 'LAST POST', 'CONNECTED', 'ADDRESS'],
        channels.map(({ name, waiting, failed, lastPostAt, isConnected, seenAt, url }) => [
          name,
          String(waiting),
          String(failed),
          when(lastPostAt),
          isConnected ? 'now' : when(seenAt),
          url,
        ]),
      )
    }),
  )

  addCommand(relay, 'remove <name>', { about: 'remove a channel, and what waits in it' }).action(
    does(cli, async (name: string, { json }: JsonOption) => {
      await (await parts.relay()).remove(name)
      if (json === true) out.json({ removed: name })
      else out.print(`Removed ${name}. What is posted to its address is refused from now on.`)
    }),
  )
}
