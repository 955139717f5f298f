import { findCommand } from '../../codebases/command-store.ts'
import { UserError } from '../../lib/errors.ts'
import type { Command } from '../command.ts'
import type { ParsedCommand } from '../parse-command.ts'
import type { Reply, Talk } from '../parts.ts'
import { agent } from './agent.ts'
import { busy, collect, interrupt, queue, steer } from './busy.ts'
import { clone } from './clone.ts'
import { codebases } from './codebases.ts'
import { codebaseSwitch } from './codebase-switch.ts'
import { commandInvoke, invoke } from './command-invoke.ts'
import { commandSet } from './command-set.ts'
import { commands } from './commands.ts'
import { getcwd } from './getcwd.ts'
import { helpOn } from './help.ts'
import { link, unlink } from './link.ts'
import { linkAccount, rmLink } from './link-account.ts'
import { linkUser, rmLinkUser } from './link-user.ts'
import { loadCommands } from './load-commands.ts'
import { logs } from './logs.ts'
import { quiet } from './quiet.ts'
import { reset } from './reset.ts'
import { setcwd } from './setcwd.ts'
import { status } from './status.ts'
import { stop } from './stop.ts'
import { unlinkAccount, whoami } from './whoami.ts'
import { why } from './why.ts'

/** All commands, in the order of the help. */
const COMMANDS: readonly Command[] = [
  commandSet,
  loadCommands,
  commandInvoke,
  commands,
  clone,
  codebaseSwitch,
  codebases,
  getcwd,
  setcwd,
  status,
  reset,
  agent,
  quiet,
  link,
  unlink,
  stop,
  logs,
  why,
  busy,
  queue,
  steer,
  interrupt,
  collect,
  whoami,
  linkAccount,
  unlinkAccount,
  linkUser,
  rmLink,
  rmLinkUser,
]

/** What platforms offer: nothing else knows the list. */
export const OFFERED_COMMANDS = [{ name: 'help', about: 'Show this help' }, ...COMMANDS].map(({ name, about }) => ({
  name,
  about,
}))

/** A command of Drover, or a prompt command of the codebase by its own name. */
export async function runCommand(talk: Talk, command: ParsedCommand): Promise<Reply> {
  const { name } = command
  if (name === 'help' || name === 'start') return helpOn(COMMANDS)
  const known = COMMANDS.find((each) => each.name === name)
  if (known) return known.run(talk, command)
  const registered = talk.codebase && (await findCommand(talk.db, talk.codebase.id, name))
  if (registered) return invoke(talk, registered, command.argumentText)
  throw new UserError(
    'unknown-command',
    `There is no command /${name}. \`/help\` shows all; \`/commands\` those of this codebase.`,
  )
}
