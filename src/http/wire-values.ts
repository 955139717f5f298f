/** What several schemas of the wire are made of. */
import { z } from '@hono/zod-openapi'

export const Time = z.iso.datetime().openapi({ example: '2026-11-21T09:30:00.000Z' })
export const id = (example: string) => z.string().openapi({ example })
/** `nullable()` of a named schema would show in the document as the schema alone. */
export const orNull = <T extends z.ZodType>(schema: T) => z.union([schema, z.null()])
const PROMPT_BYTES = 2 ** 20

export const Prompt = z
  .string()
  .refine((text) => text.trim() !== '', 'It is empty. Say what is to be done.')
  .refine(
    (text) => Buffer.byteLength(text) <= PROMPT_BYTES,
    `A prompt holds at most 1 MiB (${PROMPT_BYTES} bytes). Put the long part into a file of the repository and refer to it.`,
  )
  .openapi({ description: 'What is to be done, at most 1 MiB', example: 'Fix the failing test in src/parse.ts' })

export const Name = z.string().trim().min(1).max(100)
export const AgentName = z
  .string()
  .min(1)
  .openapi({ description: 'One of GET /v1/agents; the default one if left out', example: 'scripted' })
export const CodebaseRef = z
  .string()
  .min(1)
  .openapi({ description: 'Id, name, or URL or path of a known codebase', example: 'my-app' })
