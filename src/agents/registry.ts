import { UserError } from '../lib/errors.ts'
import { createAcpDriver } from './acp/driver.ts'
import { claudeOverAcp, GEMINI, OPENCODE } from './acp/flavours.ts'
import { createClaudeDriver } from './claude/driver.ts'
import { findResetTime } from './claude/reset-time.ts'
import { OFFERED_TOOLS } from './claude/tools.ts'
import { AIDER } from './cli/aider.ts'
import { createCliDriver } from './cli/driver.ts'
import { PLAIN } from './cli/plain.ts'
import { createCodexDriver } from './codex/driver.ts'
import { CODEX_OVER_ACP } from './codex/over-acp.ts'
import type { AgentProfile, Driver } from './driver.ts'
import { SCRIPTED_AGENT } from './scripted/bundled.ts'

/** Every driver, by the name that profiles call it. */
export const DRIVERS = {
  claude: createClaudeDriver(),
  codex: createCodexDriver(),
  gemini: createAcpDriver(GEMINI),
  opencode: createAcpDriver(OPENCODE),
  'claude-acp': createAcpDriver(claudeOverAcp(OFFERED_TOOLS, (words) => findResetTime(words, new Date()))),
  'codex-acp': createAcpDriver(CODEX_OVER_ACP),
  acp: createAcpDriver(),
  cli: createCliDriver(PLAIN),
  aider: createCliDriver(AIDER),
  scripted: createAcpDriver({
    command: SCRIPTED_AGENT.command,
    bundled: SCRIPTED_AGENT,
    capabilities: { spend: SCRIPTED_AGENT.spend },
  }),
} satisfies Record<string, Driver>

/** The driver of a profile; `UserError('agent-driver')` where this release has none of that name. */
export function driverFor(profile: AgentProfile): Driver {
  const drivers: Record<string, Driver> = DRIVERS
  const driver = Object.hasOwn(drivers, profile.driver) ? drivers[profile.driver] : undefined
  if (driver) return driver
  const known = Object.keys(DRIVERS).join(', ')
  throw new UserError(
    'agent-driver',
    `The agent “${profile.name}” wants the driver “${profile.driver}”; there are: ${known}.`,
  )
}
