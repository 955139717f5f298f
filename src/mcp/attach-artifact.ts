import { z } from 'zod'
import { saveArtifact } from '../events/artifact-store.ts'
import { runOf } from '../tasks/task.ts'
import { defineTool, text } from './tool.ts'

const MAX_CONTENT_BYTES = 2 ** 20

export const attachArtifact = defineTool({
  name: 'attach_artifact',
  description:
    'Attaches a text to this task for people to keep: a report, a log, a table. For what does not belong into the repository.',
  maxCalls: 50,
  input: z.strictObject({
    name: text(200, 'Name of the file, such as report.md')
      .trim()
      .regex(/^[^/\\\p{Cc}]*$/u, 'It is to be the name of a file, without folders'),
    content: text(MAX_CONTENT_BYTES, 'The text itself, at most 1 MiB'),
    media_type: z
      .string()
      .regex(/^[\w.+-]{1,100}\/[\w.+-]{1,100}$/, 'It is to look like text/markdown')
      .optional()
      .describe('Such as text/markdown or application/json. Left out: text/plain'),
  }),
  async run({ task, host, write }, { name, content, media_type: mediaType = 'text/plain' }) {
    const id = await write((db) => saveArtifact(db, runOf(task), { kind: 'file', name, mediaType, content }))
    host.report(`Attached ${name} (${id})`)
    return `Attached ${name} as ${id}.`
  },
})
