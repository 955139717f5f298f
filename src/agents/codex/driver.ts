import { locateProgram, programFolders } from '../../lib/program-folders.ts'
import { runBriefly } from '../../lib/run-briefly.ts'
import { cleanEnvironment } from '../../lib/clean-environment.ts'
import { keyNames, type AgentProfile, type Driver } from '../driver.ts'
import { loginOf } from './login.ts'
import { READONLY_SHORTCOMING } from './sandbox-mode.ts'
import { openCodexSession } from './session.ts'

const COMMAND = ['codex']
const TIMEOUT_MS = 1500

/** OpenAI's Codex, by its own `codex exec`. It works alone: for an agent that asks, there is `codex-acp`. */
export function createCodexDriver(): Driver {
  const commandOf = ({ command }: AgentProfile) => (command.length > 0 ? command : COMMAND)
  return {
    capabilities: {
      resume: true,
      permissions: false,
      questions: false,
      spend: true,
      plan: true,
      // Whole messages.
      pieces: false,
      mcp: true,
      images: true,
    },
    shortcomings: ({ autonomy, limits }) => [
      ...(autonomy === 'ask'
        ? ['Codex cannot ask while it works by itself: it edits and runs without a question. The agent codex-acp asks.']
        : []),
      ...(autonomy === 'readonly' ? [READONLY_SHORTCOMING] : []),
      ...(limits.turns === undefined ? [] : ['A limit of turns cannot be held with Codex.']),
      ...(limits.usd === undefined
        ? []
        : ['A limit in USD cannot be held with Codex; a budget is, where its calls go through Drover.']),
    ],
    async probe(profile, env) {
      const [program = ''] = commandOf(profile)
      const path = await locateProgram(program, env.PATH)
      if (path === undefined) {
        return { installed: false, auth: 'unknown', hint: 'Install Codex: `npm install -g @openai/codex`.' }
      }
      const { output } = await runBriefly(path, ['--version'], { env: cleanEnvironment(env), timeoutMs: TIMEOUT_MS })
      const [version] = /\d+\.\d+\.\d+\S*/.exec(output) ?? []
      const found = { installed: true, path, ...(version !== undefined && { version }) }
      if (loginOf(cleanEnvironment(env, keyNames(profile))).type !== 'none') return { ...found, auth: 'ok' }
      return { ...found, auth: 'missing', hint: 'Set OPENAI_API_KEY and start Drover again.' }
    },
    tools: (profile, env) => programFolders(commandOf(profile), env),
    open: async (spec, host) => openCodexSession(spec, host, commandOf(spec.profile)),
  }
}
