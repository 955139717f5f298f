import { messageOf } from '../../lib/errors.ts'
import type { Ending, Host, Session, SessionSpec, TurnLimits, TurnPicture } from '../driver.ts'
import { startTurn, type RunningTurn } from '../turn.ts'
import { endingFromDeath, endingFromResult, type SideSigns } from './failure.ts'
import type { ClaudeMessage } from './message.ts'
import { buildOptions } from './options.ts'
import { createPermissions } from './permissions.ts'
import { createPlanKeeper } from './plan.ts'
import { startClaude, type ClaudeProcess } from './process.ts'
import { createMessageReader, type MessageReader } from './read-message.ts'
import { HOW_TO_INSTALL_SDK, type CanUseTool, type ClaudeSdk } from './sdk.ts'
import { spendOf } from './spend.ts'

const CLOSE_MS = 1000

interface CurrentTurn {
  running: RunningTurn
  reader: MessageReader
  canUseTool: CanUseTool
  /** Its first words were heard: from now on it can be stopped softly. */
  hasBegun: boolean
  signs: SideSigns
  end(ending: Ending): void
}

interface Agent extends ClaudeProcess {
  limits: TurnLimits
}

/** A session with one Claude Code process, started at the first turn and again after each turn that was stopped. */
export function openClaudeSession(
  spec: SessionSpec,
  host: Host,
  command: readonly string[],
  loadSdk: () => Promise<ClaudeSdk>,
): Session {
  const plan = createPlanKeeper()
  let sessionId = spec.resume
  let agent: Agent | undefined
  let current: CurrentTurn | undefined

  const onMessage = (message: ClaudeMessage) => {
    if (!current) return
    const { running, reader, signs } = current
    running.stayAlive()
    if (message.type === 'result') {
      const usage = message.model_usage_since_last_result ?? {}
      if (Object.keys(usage).length > 0) running.emit({ type: 'spend', total: spendOf(usage) })
      current.end(endingFromResult(message, signs))
    } else if (message.type === 'rate_limit_event') {
      const { status, resetsAt } = message.rate_limit_info
      if (status === 'rejected' && resetsAt !== undefined) signs.resetsAt = resetsAt
    } else if (message.type === 'system' && message.subtype === 'init') {
      current.hasBegun = true
      sessionId = message.session_id
      running.emit({
        type: 'session',
        resume: message.session_id,
        ...(message.model !== undefined && { model: message.model }),
        ...(message.claude_code_version !== undefined && { agentVersion: message.claude_code_version }),
      })
    } else {
      if (message.type === 'assistant' && message.error !== undefined) signs.error = message.error
      for (const event of reader.read(message)) running.emit(event)
    }
  }

  const canUseTool: CanUseTool = async (...call) =>
    current ? current.canUseTool(...call) : { behavior: 'deny', message: 'This turn is over.', interrupt: true }

  const stopProcesses = async (graceMs: number) => {
    const leaving = agent
    agent = undefined
    await leaving?.stop(graceMs)
  }

  const start = (sdk: ClaudeSdk, limits: TurnLimits): Agent => {
    const options = buildOptions(spec, limits, sessionId, canUseTool)
    return { ...startClaude({ sdk, launch: spec.launch, command, options, onMessage }), limits }
  }

  const runPrompt = async (
    running: RunningTurn,
    prompt: string,
    limits: TurnLimits,
    pictures: readonly TurnPicture[],
  ): Promise<Ending> => {
    const reader = createMessageReader(spec.paths.workspace, plan)
    const told = Promise.withResolvers<Ending>()
    const mine: CurrentTurn = {
      running,
      reader,
      canUseTool: createPermissions({
        profile: spec.profile,
        workspace: spec.paths.workspace,
        ask: running.ask,
        onDenied(toolId) {
          const event = reader.deny(toolId)
          if (event) running.emit(event)
        },
      }),
      hasBegun: false,
      signs: {},
      end: told.resolve,
    }
    const softStop = () => {
      if (mine.hasBegun) agent?.interrupt()
      else void agent?.stop(0)
    }
    running.signal.addEventListener('abort', softStop, { once: true })
    try {
      const sdk = await loadSdk()
      if (agent && !canServe(agent, limits)) await stopProcesses(CLOSE_MS)
      if (running.signal.aborted) return { status: 'cancelled' }
      agent ??= start(sdk, limits)
      current = mine
      agent.say(prompt, pictures)
      const death = agent.ended.then(({ exit, lastWords }) => endingFromDeath(exit, lastWords))
      return await Promise.race([told.promise, death])
    } catch (error) {
      return withoutSdk(error)
    } finally {
      // After a hard stop the next turn may have begun already.
      if (current === mine) current = undefined
      running.signal.removeEventListener('abort', softStop)
    }
  }

  return {
    turn: (prompt, limits, pictures = []) =>
      startTurn({
        limits,
        host,
        resume: sessionId ?? null,
        run: (running) => runPrompt(running, prompt, limits, pictures),
        stopProcesses,
      }),
    close: () => stopProcesses(CLOSE_MS),
  }
}

/** Turns are counted per prompt, but by a number given at the start; money is counted from the start of the process. */
function canServe(agent: Agent, limits: TurnLimits): boolean {
  const hasLimit = agent.limits.usd !== undefined || limits.usd !== undefined
  return agent.isRunning() && agent.limits.turns === limits.turns && !hasLimit
}

function withoutSdk(error: unknown): Ending {
  if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error
  const detail = `The Claude Agent SDK is not installed (${messageOf(error)}); ${HOW_TO_INSTALL_SDK}`
  return { status: 'failed', why: 'not_installed', detail }
}
