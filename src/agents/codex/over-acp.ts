import type { AgentProfile, SessionSpec } from '../driver.ts'
import { codexHome, commonConfig } from './config.ts'
import { readLimitReset } from './limit-reset.ts'
import { withoutTokens } from './login.ts'
import { prepareCodexHome } from './prepare-home.ts'
import { CANNOT_HOLD, canSandbox, READONLY_SHORTCOMING } from './sandbox-mode.ts'

/** For the ACP driver: Codex by its adapter, which speaks to `codex app-server`. It asks, and tells its answer in pieces. */
export const CODEX_OVER_ACP = {
  command: ['codex-acp'],
  install: 'npm install -g @agentclientprotocol/codex-acp',
  // Its tool for that works in plan mode only.
  capabilities: { questions: false },
  /** Errors told as such, and the output of commands. */
  clientMeta: {
    jetbrains: { air: { version: 1, capabilities: ['sessionFailure'] } },
    terminal_output_delta: true,
  },
  takes: ['model', 'instructions'] as const,
  readUntil: (words: string) => readLimitReset(words),
  shortcomings: ({ autonomy }: AgentProfile) => (autonomy === 'readonly' ? [READONLY_SHORTCOMING] : []),
  async environment(spec: SessionSpec, command: readonly string[]): Promise<Record<string, string>> {
    await prepareCodexHome(spec)
    const { autonomy } = spec.profile
    const isHeldByUs = autonomy !== 'full' && !(await canSandbox(spec, [...command, 'cli']))
    // Every command would be asked for, and refused: it could not even read.
    if (isHeldByUs && autonomy === 'readonly') throw new Error(`Invalid request: ${CANNOT_HOLD}`)
    return {
      ...withoutTokens(spec.env),
      CODEX_HOME: codexHome(spec.paths),
      CODEX_CONFIG: JSON.stringify({
        ...commonConfig(isHeldByUs ? withAdvice(spec) : spec),
        ...(spec.profile.model !== undefined && { model: spec.profile.model }),
      }),
      MODEL_PROVIDER: 'drover',
      NO_BROWSER: '1',
    }
  },
}

/** Its modes that ask run each command in Codex's own sandbox first. Where that cannot start, it has to ask for each of them. */
const ADVICE =
  'Commands cannot run in your sandbox here: it cannot start. Run each command with escalated permissions (`sandbox_permissions`: `require_escalated`), and say in its justification what it is for.'

function withAdvice(spec: SessionSpec): SessionSpec {
  const { instructions } = spec.profile
  return { ...spec, profile: { ...spec.profile, instructions: instructions ? `${instructions}\n\n${ADVICE}` : ADVICE } }
}
