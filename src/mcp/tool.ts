import { z } from 'zod'
import type { Db } from '../db/scope.ts'
import { UserError } from '../lib/errors.ts'
import type { Task } from '../tasks/task.ts'

/** What the tools ask of whoever runs the turn. */
export interface RunToolsHost {
  /** Writes an event of the run, in order with the agent's own. */
  report(text: string): void
  /** A question for a person: parks the turn at its end. Returns what the agent is told at once. */
  askPerson(question: { title: string; choices: string[] }): Promise<string>
  /** At its end the turn is parked until the tasks that it made have ended. */
  waitForChildren(): void
}

/** The agents that a task may be given to. */
export interface KnownAgents {
  find(name: string): { profile: { workerType: string } } | undefined
  names(): string[]
}

/** All that a tool may touch: one run of one task. */
export interface RunScope {
  task: Task
  host: RunToolsHost
  /** Left out: nobody but the task's own agent. */
  agents?: KnownAgents | undefined
  /** One transaction, under the run's fence: a run that lost its task writes nothing. Throws LeaseLost. */
  write<T>(work: (db: Db) => Promise<T>): Promise<T>
  /** One transaction that sees the task's org only. */
  read<T>(work: (db: Db) => Promise<T>): Promise<T>
}

/** What agents' clients decide by whether to ask a person first. The defaults of the protocol are the worst case. */
interface ToolHints {
  readOnlyHint: boolean
  destructiveHint: boolean
  idempotentHint: boolean
  openWorldHint: boolean
}

export interface Tool {
  name: string
  description: string
  /** JSON Schema. */
  inputSchema: { type: 'object'; [keyword: string]: unknown }
  annotations: ToolHints
  /** How often one run may call it. */
  maxCalls: number
  /** Returns what the agent is told. `UserError` where it can do better. */
  call(scope: RunScope, input: unknown): Promise<string>
}

interface ToolParts<Input extends z.ZodObject> {
  name: string
  description: string
  input: Input
  hints?: Partial<ToolHints>
  maxCalls: number
  run(scope: RunScope, input: z.output<Input>): Promise<string>
}

/** A tool whose input has been looked at before `run` sees it. */
export function defineTool<Input extends z.ZodObject>(parts: ToolParts<Input>): Tool {
  const { name, description, input, hints, maxCalls, run } = parts
  const { $schema: _, ...inputSchema } = z.toJSONSchema(input, { io: 'input' })
  return {
    name,
    description,
    inputSchema: { ...inputSchema, type: 'object' },
    annotations: {
      readOnlyHint: false,
      destructiveHint: false,
      idempotentHint: false,
      openWorldHint: false,
      ...hints,
    },
    maxCalls,
    async call(scope, given) {
      const { data, error } = input.safeParse(given ?? {})
      if (error) throw new UserError('invalid-input', `${sayIssues(error.issues)} Correct it and call ${name} again.`)
      return run(scope, data)
    },
  }
}

const sayIssues = (issues: readonly z.core.$ZodIssue[]) =>
  issues.map(({ path, message }) => `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}.`).join(' ')

/** Text of at most so many bytes, as the database can keep it: without NUL and halves of surrogate pairs. */
export const text = (maxBytes: number, description: string) =>
  z
    .string()
    .overwrite((value) => value.replaceAll('\0', '\ufffd').toWellFormed())
    .refine((value) => value.trim() !== '', 'It is empty')
    .refine((value) => Buffer.byteLength(value) <= maxBytes, {
      error: ({ input }) => `It has ${Buffer.byteLength(String(input))} bytes, at most ${maxBytes} are possible`,
    })
    .describe(description)
