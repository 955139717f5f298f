import type { AgentContext, McpServer, SessionUpdate, ToolCall } from '@agentclientprotocol/sdk'
import { StepFailed } from './failures.ts'
import { writeSession, type ScriptedSession } from './session-store.ts'
import { describeFiles, type Told } from './sent-files.ts'
import { NOBODY, TurnStopped, type Stage } from './stage.ts'

/** As models do: a reader should see it grow. */
const PIECE = /.{1,24}/gsu

interface Place {
  session: ScriptedSession
  workspace: string
  mode: string
  mcpServers: readonly McpServer[]
}

/** The stage of one turn, with the ACP client as its audience. */
export function createStage(place: Place, told: Told, client: AgentContext, signal: AbortSignal): Stage {
  const { session } = place
  let hasSpoken = false
  const tell = (update: SessionUpdate) => client.notify('session/update', { sessionId: session.id, update })

  return {
    workspace: place.workspace,
    signal,
    tell,
    async say(text) {
      const whole = hasSpoken ? `\n\n${text}` : text
      hasSpoken = true
      for (const piece of whole.match(PIECE) ?? []) {
        await tell({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: piece } })
      }
    },
    async permit(tool) {
      const known = decideByMode(place, tool)
      if (known) return known
      const { outcome, _meta } = await client.request('session/request_permission', {
        sessionId: session.id,
        toolCall: tool,
        options: [
          { optionId: 'yes', name: 'Allow', kind: 'allow_once' },
          { optionId: 'all', name: 'Allow everything in this session', kind: 'allow_always' },
          { optionId: 'no', name: 'Deny', kind: 'reject_once' },
        ],
      })
      if (outcome.outcome === 'cancelled') return whenCancelled(_meta)
      if (outcome.optionId === 'all') session.allowsAll = true
      return outcome.optionId === 'no' ? 'no' : 'yes'
    },
    async ask(question, choices) {
      const oneOf = choices.map((choice) => ({ const: choice, title: choice }))
      const answer = { type: 'string' as const, title: question }
      const { _meta: meta, ...response } = await client.request('elicitation/create', {
        sessionId: session.id,
        mode: 'form',
        message: question,
        requestedSchema: {
          type: 'object',
          // The form that Claude sends: the choices, and a field beside them for the person's own words.
          properties:
            choices.length > 0 ? { answer: { ...answer, oneOf }, answer_custom: { type: 'string' } } : { answer },
        },
      })
      if (response.action !== 'accept') return whenCancelled(meta)
      const { answer: chosen, answer_custom: own } = (response as { content?: Record<string, string> }).content ?? {}
      return { answer: own ?? chosen ?? '' }
    },
    async call(name, tool, input) {
      const server = place.mcpServers.find((known) => known.name === name)
      if (!server) throw new StepFailed(`There is no MCP server “${name}” in this session.`)
      // Only when it is wanted: its schemas take as much memory as all the rest of this program.
      const { callTool } = await import('./call-tool.ts')
      return callTool(server, tool, input, signal)
    },
    recall() {
      const before = session.prompts.map((prompt, index) => `${index + 1}. ${prompt.split('\n')[0]}`)
      return `This is message ${before.length + 1} of our session.${before.length > 0 ? ` Before it:\n${before.join('\n')}` : ''}`
    },
    files: () => describeFiles(told),
    keep: () => writeSession(session),
  }
}

/** Drover says when a question is only put off; any other client that cancels wants the turn to end. */
function whenCancelled(meta: { [key: string]: unknown } | null | undefined): typeof NOBODY {
  if (meta?.['drover/parked'] !== true) throw new TurnStopped()
  return NOBODY
}

function decideByMode({ mode, session }: Place, tool: ToolCall): 'yes' | 'no' | undefined {
  switch (mode) {
    case 'readonly':
      return 'no'
    case 'full':
      return 'yes'
    case 'edits':
      return tool.kind === 'edit' || session.allowsAll ? 'yes' : undefined
    default:
      return session.allowsAll ? 'yes' : undefined
  }
}
