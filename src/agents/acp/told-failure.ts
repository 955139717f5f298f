import { z } from 'zod'
import type { AgentEvent, Ending, FailureClass } from '../driver.ts'
import { failureFromWords, type ReadUntil } from './failure.ts'

/** An extension of JetBrains, which codex-acp speaks to those who ask for it: without it, errors are told as if the model had said them. */
const told = z.object({
  _meta: z.object({
    jetbrains: z.object({
      air: z.object({
        sessionFailure: z.object({ severity: z.string(), category: z.string().catch(''), title: z.string() }),
      }),
    }),
  }),
})

const CATEGORIES: Record<string, FailureClass> = { access: 'auth', connection: 'network', service: 'overloaded' }

/** A turn that ended in an error, although the protocol calls it a normal end. */
export function readFailure(response: unknown, readUntil?: ReadUntil): Ending | undefined {
  const failure = failureIn(response)
  if (failure?.severity !== 'error') return undefined
  return failureFromWords(failure.title, CATEGORIES[failure.category], readUntil)
}

/** The agent tries again by itself. */
export function readRetry(update: unknown): AgentEvent | undefined {
  const failure = failureIn(update)
  if (failure?.severity !== 'warning') return undefined
  const code = failure.category === 'connection' ? 'retry' : 'other'
  return { type: 'notice', level: 'info', code, text: failure.title }
}

function failureIn(value: unknown) {
  const { _meta: meta } = told.safeParse(value).data ?? {}
  return meta?.jetbrains.air.sessionFailure
}
