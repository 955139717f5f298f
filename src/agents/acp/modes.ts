import type { Autonomy } from '../driver.ts'

/**
 * Agents name their modes as they like. For each autonomy the names known for it, best first; the first one that the
 * agent offers is taken. (claude: default, acceptEdits, plan, bypassPermissions · codex: read-only, workspace-write, agent,
 * agent-full-access, of which only read-only asks before edits, and in agent a model decides · gemini: default, autoEdit,
 * plan, yolo · scripted: as ours.)
 */
const KNOWN_MODES: Record<Autonomy, readonly string[]> = {
  // Not plan: that is for making plans, and ends in asking whether to go on. What asks before it changes anything is told no.
  readonly: ['readonly', 'default', 'read-only'],
  ask: ['ask', 'default', 'read-only'],
  edits: ['edits', 'acceptEdits', 'autoEdit', 'workspace-write', 'agent'],
  full: ['full', 'bypassPermissions', 'yolo', 'agent-full-access', 'full-access'],
}

/** The id of the mode to set, or undefined where the agent has none for it. */
export function modeFor(autonomy: Autonomy, offered: readonly { id: string }[]): string | undefined {
  return KNOWN_MODES[autonomy].find((id) => offered.some((mode) => mode.id === id))
}
