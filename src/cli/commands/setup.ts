import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import { confirm, isCancel, password, text } from '@clack/prompts'
import type { Command } from 'commander'
import { UserError } from '../../lib/errors.ts'
import { addCommand, does, type Cli } from '../cli.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import type { ChannelGuide } from '../parts.ts'
import { connect } from '../service.ts'

interface SetupOptions {
  manifest?: boolean
  sendTo?: string
  save?: boolean
  workspace?: string
  json?: boolean
}

export function addSetupCommand(program: Command, cli: Cli): void {
  addCommand(program, 'setup <channel>', {
    about: 'connect a platform: what to do there, and whether it works',
    examples: [
      'drover setup telegram',
      'drover setup telegram --send-to 123456789',
      'drover setup slack --manifest > manifest.json',
    ],
  })
    .option('--manifest', 'only print what is to be pasted there')
    .option('--send-to <place>', 'send a test message: to a person, a group, a channel')
    .option('--workspace <id>', 'let the running service into one more workspace; its bot token on standard input')
    .option('--save', 'write what you enter into .env of this folder')
    .action(does(cli, (kind: string, options: SetupOptions) => setUp(cli, kind, options)))
}

async function setUp(cli: Cli, kind: string, options: SetupOptions): Promise<ExitCode> {
  const { out, parts } = cli
  const { manifest, sendTo, save, workspace, json } = options
  const guide = await parts.guideTo(kind)
  if (workspace !== undefined) return addWorkspace(cli, kind, workspace)
  if (manifest === true) {
    if (guide.manifest === undefined) throw new UserError('no-manifest', `${guide.title} takes no manifest.`)
    out.print(guide.manifest)
    return EXIT.done
  }
  const given = known(guide, parts.env)
  if (json !== true && missing(guide, given).length > 0) explain(cli, guide, kind)
  const values = out.canAsk && json !== true ? { ...given, ...(await askFor(cli, guide, given)) } : given
  const left = missing(guide, values)
  if (left.length > 0) {
    const list = left.map(({ name, what }) => `  ${name}: ${what}`).join('\n')
    throw new UserError(
      'settings',
      `These settings are missing (environment or .env):\n${list}\nThen: drover setup ${kind}`,
    )
  }

  const who = await guide.check(values)
  if (sendTo !== undefined) await guide.sendTest(values, sendTo)
  const allowList = `${kind.toUpperCase()}_ALLOWED_USER_IDS`
  const isListed = (values[allowList] ?? '') !== '' || !guide.settings.some(({ name }) => name === allowList)
  if (json === true) out.json({ ok: true, who, sent: sendTo !== undefined, isAnybodyAllowed: isListed })
  else {
    out.print(`✓ ${who}`)
    if (sendTo !== undefined) out.print('✓ The test message is sent.')
    if (!isListed) out.print(`! Nobody may use it yet. ${guide.ownId} Put it in ${allowList}.`)
    await keep(cli, given, values, save === true)
    out.print('Start Drover, and write to it: drover up')
  }
  return EXIT.done
}

/** The service keeps its token, encrypted: settings have room for one workspace. */
async function addWorkspace(cli: Cli, kind: string, tenant: string): Promise<ExitCode> {
  const { io, out } = cli
  const botToken = out.canAsk
    ? await password({ message: `Bot token of ${tenant}`, input: io.stdin, output: io.stderr })
    : (await readAll(io.stdin)).trim()
  if (isCancel(botToken) || !botToken)
    throw new UserError('no-token', `Give the bot token of ${tenant} on standard input.`)
  await (await connect(cli)).put(`/v1/channels/${kind}/credentials`, { tenant, values: { botToken } })
  out.print(
    `✓ ${tenant} is known. Its members still have to be let in: drover people add ${kind} <member id> --tenant ${tenant}`,
  )
  return EXIT.done
}

const known = ({ settings }: ChannelGuide, env: NodeJS.ProcessEnv) =>
  Object.fromEntries(settings.flatMap(({ name }) => (env[name] ? [[name, env[name]]] : [])))

/** The list of who may is asked for, and not needed to look whether the rest is right. */
const missing = ({ settings }: ChannelGuide, given: Readonly<Record<string, string>>) =>
  settings.filter(
    ({ name, isOptional }) => isOptional !== true && !name.endsWith('_ALLOWED_USER_IDS') && given[name] === undefined,
  )

function explain({ out }: Cli, { title, steps, manifest }: ChannelGuide, kind: string) {
  out.note(`Connecting ${title}:\n`)
  for (const [index, step] of steps.entries()) out.note(`  ${index + 1}. ${step}`)
  if (manifest !== undefined) out.note(`\nThe manifest: drover setup ${kind} --manifest\n`)
}

/** Asks for what is not set yet; a person who gives up gives up the whole. */
async function askFor({ io }: Cli, guide: ChannelGuide, given: Readonly<Record<string, string>>) {
  const streams = { input: io.stdin, output: io.stderr }
  const values: Record<string, string> = {}
  for (const { name, what, example, isSecret, isOptional } of guide.settings) {
    if (isOptional === true || given[name] !== undefined) continue
    const message = `${name}: ${what}`
    const said =
      isSecret === true
        ? await password({ message, ...streams })
        : await text({ message, ...(example !== undefined && { placeholder: example }), ...streams })
    if (isCancel(said)) throw new UserError('cancelled', 'Nothing was changed.')
    if (said !== undefined && said.trim() !== '') values[name] = said.trim()
  }
  return values
}

/** Into .env, where the service looks: what was entered just now. */
async function keep(
  { io, out, parts }: Cli,
  given: Record<string, string>,
  values: Record<string, string>,
  isAsked: boolean,
) {
  const fresh = Object.entries(values).filter(([name]) => given[name] === undefined)
  if (fresh.length === 0) return
  const file = join(parts.folder ?? process.cwd(), '.env')
  const mayWrite =
    isAsked ||
    (out.canAsk && (await confirm({ message: `Write them to ${file}?`, input: io.stdin, output: io.stderr })) === true)
  if (!mayWrite) {
    out.note(`Put these into .env where Drover runs: ${fresh.map(([name]) => name).join(', ')}`)
    return
  }
  const before = await readFile(file, 'utf8').catch(() => '')
  const kept = before.split('\n').filter((line) => !fresh.some(([name]) => line.startsWith(`${name}=`)))
  const lines = [
    ...kept.join('\n').trimEnd().split('\n'),
    ...fresh.map(([name, value]) => `${name}=${JSON.stringify(value)}`),
  ]
  await writeFile(file, `${lines.join('\n').trimStart()}\n`, { mode: 0o600 })
  out.print(`Written to ${file}.`)
}
