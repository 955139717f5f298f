/** What Telegram offers when somebody types `/`. Its commands know no hyphen; `withHyphens` (parse-update.ts) gives it back. */
export const TELEGRAM_MENU = [
  { command: 'help', description: 'What I can do' },
  { command: 'status', description: 'What is going on here' },
  { command: 'commands', description: "Commands of this conversation's repository" },
  { command: 'command_invoke', description: 'Run one of these commands' },
  { command: 'clone', description: 'Add a repository' },
  { command: 'codebases', description: 'Repositories that I know' },
  { command: 'codebase_switch', description: 'Work on another repository' },
  { command: 'getcwd', description: 'Where I am working' },
  { command: 'setcwd', description: 'Work in another folder' },
  { command: 'agent', description: 'Which agent works here; change it' },
  { command: 'reset', description: 'Begin a new session' },
  { command: 'stop', description: 'Stop what is running' },
  { command: 'logs', description: 'What the agent did' },
  { command: 'why', description: 'What became of a message' },
  { command: 'quiet', description: 'Say less' },
]
