import { fileURLToPath } from 'node:url'
import type { AgentProfile } from '../../src/agents/driver.ts'
import { BUILT_IN_PROFILES } from '../../src/agents/profiles.ts'
import { DRIVERS } from '../../src/agents/registry.ts'
import type { Prompts, Subject } from '../driver-conformance.ts'

function profile(name: string, changes: Partial<AgentProfile>): AgentProfile {
  const base = BUILT_IN_PROFILES[0]
  if (!base) throw new Error('There is no built-in profile.')
  return { ...base, name, ...changes }
}

const scripted: Subject = {
  name: 'the scripted agent over ACP',
  driver: DRIVERS.scripted,
  profile: profile('scripted', {}),
  prompts: {
    hello: 'say Hello from the scripted agent, in more than one piece.',
    edit: 'write notes.md :: hello',
    sleep: (seconds) => `run sleep ${seconds}`,
    refused: 'fail auth',
    crash: 'fail crash',
    flood: 'run yes flood | head -c 20000000',
    environment: 'run env',
    plan: 'plan write; check\nwrite notes.md :: hello\nrun cat notes.md',
    ask: 'ask Which colour? Red / Blue',
    recall: 'recall',
    look: 'files',
    shell: (line) => `run ${line}`,
    repeat: (word) => `call conformance repeat {"text":"${word}"}`,
    limited: 'fail rate_limit',
    overloaded: 'fail overloaded',
    usedUp: { prompt: 'fail quota' },
    silence: 'fail stall',
  },
}

const SHELL: Prompts = {
  hello: 'echo Hello from; sleep 0.5; echo a command.',
  edit: 'echo hello > notes.md',
  sleep: (seconds) => `sleep ${seconds}`,
  refused: 'echo "HTTP 401 Unauthorized" >&2; exit 1',
  crash: 'kill -KILL $$',
  flood: 'yes flood | head -c 20000000',
  environment: 'env',
  shell: (line) => line,
  limited: 'echo "HTTP 429 Too Many Requests" >&2; exit 1',
  overloaded: 'echo "HTTP 503 Service Unavailable" >&2; exit 1',
  usedUp: { prompt: 'echo "insufficient_quota: check your plan" >&2; exit 1' },
}

/** A shell is the plainest command: the prompt is its script. */
function command(name: string, args: string[]): Subject {
  return {
    name: `a plain command that takes its prompt ${name}`,
    driver: DRIVERS.cli,
    profile: profile('shell', { driver: 'cli', command: ['/bin/sh', ...args] }),
    prompts: SHELL,
  }
}

const aider: Subject = {
  name: 'a stub of Aider',
  driver: DRIVERS.aider,
  profile: profile('aider', {
    driver: 'aider',
    command: [process.execPath, fileURLToPath(new URL('aider-stub.ts', import.meta.url))],
  }),
  prompts: {
    hello: 'hello',
    edit: 'edit',
    sleep: (seconds) => `sleep ${seconds}`,
    refused: 'refused',
    crash: 'crash',
    flood: 'flood',
    environment: 'environment',
    limited: 'busy',
  },
}

export const SUBJECTS: Subject[] = [
  scripted,
  command('by stdin', []),
  command('as an argument', ['-c', '{prompt}']),
  command('as a file', ['{promptFile}']),
  aider,
]
