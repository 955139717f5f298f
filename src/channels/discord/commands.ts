import type { API } from '@discordjs/core/http-only'
import type { OfferedCommand } from '../channel.ts'
import type { Call } from './call.ts'

const STRING = 3

/** One option for all that follows: the commands read their words by themselves. */
const wantedOf = (commands: readonly OfferedCommand[]) =>
  commands.map(({ name, about }) => ({
    name,
    description: about,
    options: [{ type: STRING, name: 'text', description: 'What follows the command', required: false }],
  }))

/** Whether a text is one of our commands, typed as text. */
export function isCommand(text: string, commands: readonly OfferedCommand[]): boolean {
  const [, typed] = /^\/([\w-]+)(?=\s|$)/.exec(text) ?? []
  return commands.some(({ name }) => name === typed)
}

/** Makes the commands at Discord those that we know; asks first, for Discord allows few changes a day. Throws ChannelError. */
export async function registerCommands(
  call: Call,
  commands: readonly OfferedCommand[],
  signal: AbortSignal,
): Promise<void> {
  const wanted = wantedOf(commands)
  const { id } = await call((api, signal) => api.applications.getCurrent({ signal }), { signal })
  const known = await call((api, signal) => api.applicationCommands.getGlobalCommands(id, {}, { signal }), { signal })
  if (fingerprint(known) === fingerprint(wanted)) return
  await call((api, signal) => api.applicationCommands.bulkOverwriteGlobalCommands(id, wanted, { signal }), { signal })
}

type Known = Awaited<ReturnType<API['applicationCommands']['getGlobalCommands']>> | ReturnType<typeof wantedOf>

/** What we set, and no more: Discord adds much. It leaves out what is false. */
const fingerprint = (commands: Known) =>
  JSON.stringify(
    commands
      .map(({ name, description, options = [] }) => [
        name,
        description,
        options.map((option) => [option.type, option.name, option.description, option.required ?? false]),
      ])
      .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  )
