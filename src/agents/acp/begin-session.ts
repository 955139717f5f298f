import { PROTOCOL_VERSION } from '@agentclientprotocol/sdk'
import type { AgentCapabilities, LoadSessionRequest, NewSessionResponse } from '@agentclientprotocol/sdk'
import { messageOf } from '../../lib/errors.ts'
import type { SessionSpec } from '../driver.ts'
import { AgentEnded, SessionLost } from './failure.ts'
import type { AcpFlavour } from './flavour.ts'
import { toAcpServers } from './mcp-servers.ts'
import { modeFor } from './modes.ts'
import type { AgentProcess } from './process.ts'

export interface BegunSession {
  sessionId: string
  isNew: boolean
  canClose: boolean
  takesPictures: boolean
  agentVersion: string | undefined
  /** What the profile wants and this agent does not do. */
  shortcomings: string[]
}

const AUTH_REQUIRED = -32000

/** Shakes hands, then opens a new session or the one with this id, in the profile's mode and with its model. */
export async function beginSession(
  agent: AgentProcess,
  { profile, paths, mcpServers }: SessionSpec,
  resumeId: string | undefined,
  { clientMeta, sessionMeta, takes = [] }: AcpFlavour,
): Promise<BegunSession> {
  const greeting = await agent.request('initialize', {
    protocolVersion: PROTOCOL_VERSION,
    clientInfo: { name: 'drover', version: '0' },
    // No fs, no terminal: the agent shares our disk, and Gemini cannot create files when it must ask us for it.
    clientCapabilities: {
      fs: { readTextFile: false, writeTextFile: false },
      terminal: false,
      elicitation: { form: {} },
      ...(clientMeta && { _meta: clientMeta }),
    },
  })
  const capabilities = greeting.agentCapabilities ?? {}
  const servers = toAcpServers(mcpServers, capabilities)
  const place = {
    cwd: paths.workspace,
    mcpServers: servers.mcpServers,
    ...(sessionMeta && { _meta: sessionMeta }),
  }
  const opened: NewSessionResponse =
    resumeId === undefined
      ? await agent.request('session/new', place)
      : await resumeSession(agent, capabilities, { ...place, sessionId: resumeId })

  const shortcomings = [
    ...servers.shortcomings,
    ...(await setMode(agent, profile, opened)),
    ...(takes.includes('model') ? [] : await setModel(agent, profile, opened)),
  ]
  return {
    sessionId: opened.sessionId,
    isNew: resumeId === undefined,
    canClose: Boolean(capabilities.sessionCapabilities?.close),
    takesPictures: capabilities.promptCapabilities?.image === true,
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

async function setMode(
  agent: AgentProcess,
  profile: SessionSpec['profile'],
  opened: NewSessionResponse,
): Promise<string[]> {
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

async function setModel(
  agent: AgentProcess,
  profile: SessionSpec['profile'],
  opened: NewSessionResponse,
): Promise<string[]> {
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
