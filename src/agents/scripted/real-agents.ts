/**
 * Agents with a model, and how to bring them in. It lies here because the scripted agent tells it from inside the
 * fence; `detect.ts` tells the same.
 */
export interface RealAgent {
  name: 'claude' | 'codex' | 'gemini' | 'opencode' | 'aider'
  title: string
  /** The program that people have when they "have" this agent. */
  program: string
  install: string
  /** Markdown, one sentence. */
  advice: string
  /** For agents.json; aider needs none, its profile is built in. */
  profile?: { driver: 'acp'; command: string[]; env: string[]; network: string[] }
}

const PROFILES = {
  claude: {
    driver: 'acp',
    command: ['claude-agent-acp'],
    env: ['ANTHROPIC_API_KEY'],
    network: ['api.anthropic.com'],
  },
  codex: {
    driver: 'acp',
    command: ['codex-acp'],
    env: ['OPENAI_API_KEY', 'CODEX_API_KEY'],
    network: ['api.openai.com'],
  },
  gemini: {
    driver: 'acp',
    command: ['gemini', '--acp'],
    env: ['GEMINI_API_KEY'],
    network: ['generativelanguage.googleapis.com'],
  },
  opencode: {
    driver: 'acp',
    command: ['opencode', 'acp'],
    env: ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY'],
    network: ['api.anthropic.com', 'api.openai.com', 'models.dev'],
  },
} as const

/** The line that a person adds to agents.json. */
export function profileLine(agent: RealAgent): string {
  return `"${agent.name}": ${JSON.stringify(agent.profile)}`
}

function viaAcp(name: keyof typeof PROFILES, title: string, install: string, note = ''): RealAgent {
  const { driver, command, env, network } = PROFILES[name]
  const profile = { driver, command: [...command], env: [...env], network: [...network] }
  const agent = { name, title, program: name, install, profile }
  const advice = `\`${install}\`, set ${env.join(' or ')}, and add to agents.json: \`${profileLine({ ...agent, advice: '' })}\``
  return { ...agent, advice: note ? `${advice} (${note})` : advice }
}

const NO_NATIVE_DRIVER = 'over ACP; its own driver is not in this release'

export const REAL_AGENTS: readonly RealAgent[] = [
  viaAcp('claude', 'Claude', 'npm install -g @agentclientprotocol/claude-agent-acp', NO_NATIVE_DRIVER),
  viaAcp('codex', 'Codex', 'npm install -g @agentclientprotocol/codex-acp', NO_NATIVE_DRIVER),
  viaAcp('gemini', 'Gemini', 'npm install -g @google/gemini-cli'),
  viaAcp('opencode', 'opencode', 'npm install -g opencode-ai'),
  {
    name: 'aider',
    title: 'Aider',
    program: 'aider',
    install: 'uv tool install aider-chat',
    advice:
      '`uv tool install aider-chat`, set OPENROUTER_API_KEY, ANTHROPIC_API_KEY or OPENAI_API_KEY, and choose the agent `aider`',
  },
]
