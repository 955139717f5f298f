import type { API } from '@discordjs/core/http-only'
import type { Call } from './call.ts'

/** What Discord offers when somebody types `/`. */
const COMMANDS: Readonly<Record<string, string>> = {
  help: 'What I can do',
  status: 'What is going on here',
  commands: "Commands of this conversation's repository",
  'command-invoke': 'Run one of these commands',
  'command-set': 'Add or change one of these commands',
  'load-commands': 'Read the commands of a folder',
  clone: 'Add a repository',
  codebases: 'Repositories that I know',
  'codebase-switch': 'Work on another repository',
  getcwd: 'Where I am working',
  setcwd: 'Work in another folder',
  reset: 'Begin a new session',
  agent: 'Which agent works here; change it',
  stop: 'Stop what is running',
  logs: 'What the agent did',
  why: 'What became of a message',
  quiet: 'Say less, or more again',
  busy: 'What to do with words that come while I work',
}

const STRING = 3

/** One option for all that follows: the commands read their words by themselves. */
const WANTED = Object.entries(COMMANDS).map(([name, description]) => ({
  name,
  description,
  options: [{ type: STRING, name: 'text', description: 'What follows the command', required: false }],
}))

/** Whether a text is one of our commands, typed as text. */
export function isCommand(text: string): boolean {
  const [, name = ''] = /^\/([\w-]+)(?=\s|$)/.exec(text) ?? []
  return Object.hasOwn(COMMANDS, name)
}

/** Makes the commands at Discord those that we know; asks first, for Discord allows few changes a day. Throws ChannelError. */
export async function registerCommands(call: Call, signal: AbortSignal): Promise<void> {
  const { id } = await call((api, signal) => api.applications.getCurrent({ signal }), { signal })
  const known = await call((api, signal) => api.applicationCommands.getGlobalCommands(id, {}, { signal }), { signal })
  if (fingerprint(known) === fingerprint(WANTED)) return
  await call((api, signal) => api.applicationCommands.bulkOverwriteGlobalCommands(id, WANTED, { signal }), { signal })
}

type Known = Awaited<ReturnType<API['applicationCommands']['getGlobalCommands']>> | typeof WANTED

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
