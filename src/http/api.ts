import { OpenAPIHono, z } from '@hono/zod-openapi'
import type { HttpEnv } from './ask.ts'
import { problemAnswer, type FieldProblem } from './problems.ts'
import { Problem } from './wire.ts'

export type Api = OpenAPIHono<HttpEnv>

/** A router whose routes refuse what their schemas refuse: every problem of a body at once. */
export function createApi(): Api {
  return new OpenAPIHono<HttpEnv>({
    defaultHook: (result, c) => {
      if (result.success) return undefined
      const where = result.target === 'json' ? 'body' : result.target
      return problemAnswer(c, 'invalid-request', 'Correct what `errors` lists and send it again.', {
        errors: result.error.issues.map((issue): FieldProblem => fieldProblem(where, issue)),
      })
    },
  })
}

function fieldProblem(where: string, issue: z.core.$ZodIssue): FieldProblem {
  const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
  return { in: where, field: issue.path.join('.'), message: isMissing ? 'It is required.' : issue.message }
}

/** A JSON body that must be there: without `required` the framework passes an absent one off as `{}`. */
export const jsonBody = <T extends z.ZodType>(schema: T) => ({
  required: true as const,
  content: { 'application/json': { schema } },
})

export const jsonAnswer = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: { 'application/json': { schema } },
})

const problem = (description: string) => ({ description, content: { 'application/problem+json': { schema: Problem } } })

const UNAUTHORIZED = { 401: problem('No valid key') }
/** What every call below /v1 may answer beside its own. */
export const refusals = {
  read: UNAUTHORIZED,
  find: { ...UNAUTHORIZED, 404: problem('There is no such thing, or it belongs to another org') },
  list: { ...UNAUTHORIZED, 422: problem('The request is not valid') },
  create: {
    ...UNAUTHORIZED,
    409: problem('It is in the way of what is there'),
    422: problem('The request is not valid'),
  },
  change: {
    ...UNAUTHORIZED,
    404: problem('There is no such thing, or it belongs to another org'),
    409: problem('Its state does not allow it'),
    422: problem('The request is not valid'),
  },
}

export const idParam = (example: string) =>
  z.object({ id: z.string().openapi({ param: { name: 'id', in: 'path' }, example }) })

/** Leaves out what is undefined: an optional field of ours is absent, never undefined. */
export function present<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

/** A whole number in a query, shown as one in the document: coerced schemas show as nullable there. */
export const wholeNumber = (min: number, max: number, fallback: number, description?: string) =>
  z.coerce
    .number()
    .int()
    .min(min)
    .max(max)
    .default(fallback)
    .openapi({ type: 'integer', minimum: min, maximum: max, default: fallback, ...(description && { description }) })
