import type { ContentBlock, PromptResponse } from '@agentclientprotocol/sdk'
import { cannotSee, type Ending, type Host, type Session, type SessionSpec, type TurnPicture } from '../driver.ts'
import { classifyFailure, startTurn, type RunningTurn } from '../turn.ts'
import { beginSession, type BegunSession } from './begin-session.ts'
import { failureFrom } from './failure.ts'
import type { AcpFlavour } from './flavour.ts'
import { startAgentProcess, type AgentProcess } from './process.ts'
import { answerElicitation, permissionAnswer, permissionAsk } from './questions.ts'
import { createToolReader } from './read-tool.ts'
import { readUpdate } from './read-update.ts'
import { formatResumeToken, parseResumeToken } from './resume-token.ts'
import { createMessageSeparator } from './separate-messages.ts'
import { createMeter } from './spend.ts'
import { readFailure } from './told-failure.ts'

/** How long an agent may take to tidy up a session. */
const CLOSE_MS = 1000

/** A session with one agent process, started at the first turn and again after each turn that was stopped. */
export function openAcpSession(spec: SessionSpec, host: Host, flavour: AcpFlavour): Session {
  const { command = [], capabilities, environment, takes = [], readUntil } = flavour
  const [file = '', ...args] = command
  const canResume = capabilities?.resume !== false
  const before = spec.resume === undefined || !canResume ? undefined : parseResumeToken(spec.resume)
  const meter = createMeter(before?.usdSoFar ?? 0)
  const servers = spec.mcpServers.map(({ name }) => name)
  const tools = createToolReader(spec.paths.workspace, servers)
  let sessionId = before?.sessionId
  let env: Readonly<Record<string, string>> | undefined
  let agent: AgentProcess | undefined
  let begun: BegunSession | undefined
  /** Set while a prompt runs. Otherwise what the agent tells is history, replayed by `session/load`. */
  let turn: RunningTurn | undefined
  let separatorBefore = createMessageSeparator()
  let hasUsedTools = false

  const token = () => formatResumeToken({ sessionId: sessionId ?? '', usdSoFar: meter.usdSoFar })

  const start = (env: Readonly<Record<string, string>>) =>
    startAgentProcess(
      spec.launch,
      { file, args, env, cwd: spec.paths.workspace },
      {
        onUpdate(update) {
          if (!turn) return
          turn.stayAlive()
          const separator = separatorBefore(update)
          const event = readUpdate(update, tools)
          if (event) turn.emit(event.type === 'text' ? { ...event, text: separator + event.text } : event)
          if (event?.type === 'tool') hasUsedTools = true
          const total = update.sessionUpdate === 'usage_update' ? meter.readUsage(update) : undefined
          if (total) turn.emit({ type: 'spend', total })
        },
        async onPermission(request) {
          if (!turn) return { outcome: { outcome: 'cancelled' } }
          // For Gemini this request is the first sight of a tool: without it there would be no tool to show.
          const { toolCallId } = request.toolCall
          const isNews = !tools.knows(toolCallId)
          const tool = tools.propose(request.toolCall)
          if (isNews) turn.emit(tool)
          const question = permissionAsk(request, tool, tools.detailsOf(toolCallId))
          const { response, isDenied } = permissionAnswer(request, await turn.ask(question))
          if (isDenied) turn.emit(tools.deny(toolCallId))
          return response
        },
        async onElicitation(request) {
          const running = turn
          return running ? answerElicitation(request, (question) => running.ask(question)) : { action: 'cancel' }
        },
      },
    )

  const stopProcesses = async (graceMs: number) => {
    const leaving = agent
    agent = undefined
    // Codex's commands outlive a cancel: they end with their session.
    if (graceMs > 0 && leaving?.isRunning() && begun?.canClose) {
      const closed = leaving.request('session/close', { sessionId: begun.sessionId }).catch(() => {})
      await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref())])
    }
    begun = undefined
    if (!canResume) sessionId = undefined
    await leaving?.stop(graceMs)
  }

  /** Starts the process if there is none. Returns the session, and whether the agent has just made it. */
  const ready = async (running: RunningTurn) => {
    if (begun && agent?.isRunning()) return { agent, session: begun, isNew: false }
    env ??= environment ? await environment(spec, command) : spec.env
    if (running.signal.aborted) throw new Error('The turn was stopped before the agent had started.')
    agent = start(env)
    const session = await beginSession(agent, spec, sessionId, flavour)
    begun = session
    sessionId = session.sessionId
    for (const text of session.shortcomings) running.emit({ type: 'notice', level: 'warn', code: 'other', text })
    return { agent, session, isNew: session.isNew }
  }

  const runPrompt = async (running: RunningTurn, prompt: string, pictures: readonly TurnPicture[]): Promise<Ending> => {
    const softStop = () => {
      if (turn) void agent?.notify('session/cancel', { sessionId: sessionId ?? '' })
      else void agent?.stop(0)
    }
    running.signal.addEventListener('abort', softStop, { once: true })
    try {
      const { agent, session, isNew } = await ready(running)
      turn = running
      separatorBefore = createMessageSeparator()
      hasUsedTools = false
      meter.startTurn()
      running.emit({
        type: 'session',
        resume: token(),
        ...(session.agentVersion !== undefined && { agentVersion: session.agentVersion }),
      })
      const isBlind = pictures.length > 0 && !session.takesPictures
      if (isBlind) running.emit({ type: 'notice', level: 'info', code: 'other', text: cannotSee(spec.profile) })
      const { instructions } = spec.profile
      const text = isNew && instructions && !takes.includes('instructions') ? `${instructions}\n\n${prompt}` : prompt
      const response = await agent.request('session/prompt', {
        sessionId: session.sessionId,
        prompt: [{ type: 'text', text }, ...(isBlind ? [] : pictures.map(imageBlock))],
      })
      const total = meter.readAnswer(response)
      if (total) running.emit({ type: 'spend', total })
      if (meter.usdSoFar > 0) running.emit({ type: 'session', resume: token() })
      return readFailure(response, readUntil) ?? endingFrom(response, hasUsedTools ? '' : running.text())
    } catch (error) {
      return failureFrom(error, readUntil)
    } finally {
      // After a hard stop the next turn may have begun already.
      if (turn === running) turn = undefined
      running.signal.removeEventListener('abort', softStop)
    }
  }

  return {
    turn: (prompt, limits, pictures = []) =>
      startTurn({
        limits,
        host,
        resume: sessionId === undefined ? null : token(),
        run: (running) => runPrompt(running, prompt, pictures),
        stopProcesses,
      }),
    close: () => stopProcesses(CLOSE_MS),
  }
}

/** Without its address: some agents would take that for the picture, and the prompt has it. */
function imageBlock({ mediaType, content }: TurnPicture): ContentBlock {
  return { type: 'image', mimeType: mediaType, data: Buffer.from(content).toString('base64') }
}

function endingFrom({ stopReason }: PromptResponse, onlyText: string): Ending {
  switch (stopReason) {
    case 'end_turn':
      return errorToldAsText(onlyText) ?? { status: 'done' }
    case 'max_tokens':
    case 'max_turn_requests':
      return { status: 'limit', limit: 'turns' }
    case 'refusal':
      return { status: 'failed', why: 'refusal', detail: 'The agent refuses to do this.' }
    case 'cancelled':
      return { status: 'cancelled' }
  }
}

/** codex-acp ends well when its model refused the request, and says the error's JSON as its answer. */
function errorToldAsText(text: string): Ending | undefined {
  const trimmed = text.trim()
  if (!trimmed.startsWith('{') || !trimmed.includes('"error"')) return undefined
  try {
    const { error } = JSON.parse(trimmed) as { error?: { message?: unknown } | null }
    if (typeof error?.message !== 'string') return undefined
    return { status: 'failed', why: classifyFailure(trimmed) ?? 'invalid_request', detail: error.message }
  } catch {
    return undefined
  }
}
