import type { Task } from '../tasks/task.ts'

const TEXT_CHARACTERS = 3_000
const BRIEF_CHARACTERS = 20_000

/**
 * What an agent without a session is told before its prompt: what was asked and done in this conversation so far, by whichever
 * agent. `earlier`: newest first. The prompt as it is where there is no past.
 */
export function briefed(prompt: string, earlier: readonly Task[]): string {
  const past = earlier.filter((task) => task.result !== null || task.failure !== null).toReversed()
  if (past.length === 0) return prompt
  const told = past.map(tell).join('\n\n').slice(-BRIEF_CHARACTERS)
  return `You take over a conversation about this repository. The files are as the work so far left them. What happened, oldest first:\n\n${told}\n\nNow:\n\n${prompt}`
}

function tell({ prompt, agent, status, result, failure }: Task): string {
  return [
    `Asked: ${prompt.slice(0, TEXT_CHARACTERS)}`,
    result && result.text !== '' && `${agent} answered: ${result.text.slice(0, TEXT_CHARACTERS)}`,
    result?.diffStat !== undefined && `Changed:\n${result.diffStat.trimEnd()}`,
    status !== 'completed' && `It ended as ${status}: ${failure?.message ?? 'no reason is known'}`,
  ]
    .filter(Boolean)
    .join('\n')
}
