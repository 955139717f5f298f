import { PROTOCOL_VERSION } from '@agentclientprotocol/sdk'
import type { AgentCapabilities, LoadSessionRequest, NewSessionResponse } from '@agentclientprotocol/sdk'
import { messageOf } from '../../lib/errors.ts'
import type { AgentProfile } from '../driver.ts'
import { AgentEnded, SessionLost } from './failure.ts'
import { modeFor } from './modes.ts'
import type { AgentProcess } from './process.ts'

export interface BegunSession {
  sessionId: string
  isNew: boolean
  canClose: boolean
  agentVersion: string | undefined
  /** What the profile wants and this agent does not do. */
  shortcomings: string[]
}

const AUTH_REQUIRED = -32000

/** Shakes hands, then opens a new session or the one with this id, in the profile's mode and with its model. */
export async function beginSession(
  agent: AgentProcess,
  profile: AgentProfile,
  workspace: string,
  resumeId: string | undefined,
): Promise<BegunSession> {
  const greeting = await agent.request('initialize', {
    protocolVersion: PROTOCOL_VERSION,
    clientInfo: { name: 'drover', version: '0' },
    // No fs, no terminal: the agent shares our disk, and Gemini cannot create files when it must ask us for it.
    clientCapabilities: {
      fs: { readTextFile: false, writeTextFile: false },
      terminal: false,
      elicitation: { form: {} },
    },
  })
  const capabilities = greeting.agentCapabilities ?? {}
  const opened: NewSessionResponse =
    resumeId === undefined
      ? await agent.request('session/new', { cwd: workspace, mcpServers: [] })
      : await resumeSession(agent, capabilities, { cwd: workspace, mcpServers: [], sessionId: resumeId })

  const shortcomings = [...(await setMode(agent, profile, opened)), ...(await setModel(agent, profile, opened))]
  return {
    sessionId: opened.sessionId,
    isNew: resumeId === undefined,
    canClose: Boolean(capabilities.sessionCapabilities?.close),
    agentVersion: greeting.agentInfo?.version,
    shortcomings,
  }
}

/** `session/resume` where there is one: `session/load` tells the whole history again. */
async function resumeSession(
  agent: AgentProcess,
  capabilities: AgentCapabilities,
  session: LoadSessionRequest,
): Promise<NewSessionResponse> {
  const canResume = Boolean(capabilities.sessionCapabilities?.resume)
  if (!canResume && !capabilities.loadSession) throw new SessionLost('This agent cannot go on with an earlier session.')
  try {
    const opened = canResume
      ? await agent.request('session/resume', session)
      : await agent.request('session/load', session)
    return { ...opened, sessionId: session.sessionId }
  } catch (cause) {
    if (cause instanceof AgentEnded || (cause as { code?: unknown }).code === AUTH_REQUIRED) throw cause
    throw new SessionLost(`The agent does not know its session any more: ${messageOf(cause)}`, { cause })
  }
}

async function setMode(agent: AgentProcess, profile: AgentProfile, opened: NewSessionResponse): Promise<string[]> {
  const modeId = modeFor(profile.autonomy, opened.modes?.availableModes ?? [])
  if (modeId === undefined || modeId === opened.modes?.currentModeId) return []
  try {
    await agent.request('session/set_mode', { sessionId: opened.sessionId, modeId })
    return []
  } catch (error) {
    // An agent that should ask and goes on in a mode that does not ask would be let loose.
    if (error instanceof AgentEnded || profile.autonomy === 'readonly' || profile.autonomy === 'ask') throw error
    return [`The agent refuses its mode “${modeId}” (${messageOf(error)}): it may ask more often.`]
  }
}

async function setModel(agent: AgentProcess, profile: AgentProfile, opened: NewSessionResponse): Promise<string[]> {
  if (profile.model === undefined) return []
  const option = opened.configOptions?.find(({ category }) => category === 'model')
  if (!option) return [`The agent lets nobody choose its model: “${profile.model}” is not used.`]
  await agent.request('session/set_config_option', {
    sessionId: opened.sessionId,
    configId: option.id,
    value: profile.model,
  })
  return []
}
