import addCompletion from '@bomb.sh/tab/commander'
import { Command } from 'commander'
import type { Cli } from './cli.ts'
import { addAgentsCommand, addWorkersCommand } from './commands/agents.ts'
import { addAuditCommand } from './commands/audit.ts'
import { addBudgetCommands } from './commands/budget.ts'
import { addChannelsCommand } from './commands/channels.ts'
import { addChatCommand } from './commands/chat.ts'
import { addCodebaseCommands } from './commands/codebase.ts'
import { addConfigCommand } from './commands/config.ts'
import { addDeliveryCommands } from './commands/deliveries.ts'
import { addInboxCommands } from './commands/inbox.ts'
import { addKeyCommands } from './commands/key.ts'
import { addLocalCommands } from './commands/local.ts'
import { addPeopleCommands } from './commands/people.ts'
import { addRelayCommands } from './commands/relay.ts'
import { addRunCommand } from './commands/run.ts'
import { addScheduleCommands } from './commands/schedule.ts'
import { addSetupCommand } from './commands/setup.ts'
import { addTaskCommands } from './commands/task.ts'
import { addUpCommand, addWorkerCommand } from './commands/up.ts'
import { addUsageCommand } from './commands/usage.ts'
import { addWebhookCommands } from './commands/webhook.ts'
import { addWhyCommand } from './commands/why.ts'
import { EXIT_CODES_HELP } from './exit-codes.ts'

/** Every command. Nothing is done before `parseAsync`; nothing ends the process. */
export function createProgram(cli: Cli): Command {
  const program = new Command('drover')
    .description('Drive AI coding agents in fenced git workspaces.')
    .version(cli.parts.version, '-V, --version')
    .showHelpAfterError('(drover --help, or drover help COMMAND, says how)')
    .configureOutput({
      writeOut: (text) => cli.io.stdout.write(text),
      writeErr: (text) => cli.io.stderr.write(text),
    })
    .addHelpText(
      'after',
      `\nExamples:\n  drover up\n  drover run "Fix the failing test"\n  drover task list --status running\n${EXIT_CODES_HELP}`,
    )
    .exitOverride()
  addUpCommand(program, cli)
  addSetupCommand(program, cli)
  addRunCommand(program, cli)
  addChatCommand(program, cli)
  addTaskCommands(program, cli)
  addWhyCommand(program, cli)
  addInboxCommands(program, cli)
  addDeliveryCommands(program, cli)
  addPeopleCommands(program, cli)
  addAuditCommand(program, cli)
  addChannelsCommand(program, cli)
  addCodebaseCommands(program, cli)
  addScheduleCommands(program, cli)
  addWebhookCommands(program, cli)
  addRelayCommands(program, cli)
  addUsageCommand(program, cli)
  addBudgetCommands(program, cli)
  addAgentsCommand(program, cli)
  addWorkersCommand(program, cli)
  addWorkerCommand(program, cli)
  addKeyCommands(program, cli)
  addConfigCommand(program, cli)
  addLocalCommands(program, cli)
  addCompletion(program, { completionCommandName: 'completion' })
  return program
}
