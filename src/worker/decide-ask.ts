import type { Ask, Autonomy, Reply, ToolKind } from '../agents/driver.ts'

const HARMLESS: ReadonlySet<ToolKind> = new Set(['read', 'search', 'think'])
const EDITS: ReadonlySet<ToolKind> = new Set(['edit', 'move', 'delete'])

/** A permission that a person gave while the turn was parked: for this very thing, once. */
export interface Approval {
  title: string
  choice: string
}

/** What an agent's question is answered with before any person is bothered. `park`: a person must decide. */
export function decideAsk(ask: Ask, autonomy: Autonomy, approval: Approval | undefined): Reply {
  if (ask.kind === 'question') return 'park'
  if (approval?.title === ask.title) return { choose: approval.choice }
  // Drover's own tools refuse by themselves what may not be.
  if (ask.mcpServer === 'drover') return choose(ask, 'allow')
  const kind = ask.toolKind ?? 'other'
  const allowed = autonomy === 'full' || HARMLESS.has(kind) || (autonomy === 'edits' && EDITS.has(kind))
  if (allowed) return choose(ask, 'allow')
  return autonomy === 'readonly' ? choose(ask, 'deny') : 'park'
}

function choose(ask: Ask, effect: 'allow' | 'deny'): Reply {
  const choice = ask.choices.find((choice) => choice.effect === effect)
  return choice ? { choose: choice.id } : 'park'
}
