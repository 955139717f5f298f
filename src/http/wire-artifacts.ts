/** The files of a task. Part of wire.ts. */
import { z } from '@hono/zod-openapi'
import { id, Time } from './wire-values.ts'

export const Artifact = z
  .object({
    id: id('art_01kanv3e5x8t1z6w2q9r4c7b0d'),
    kind: z.string().openapi({
      description:
        '`attachment`: a person sent it; `file`: the agent attached it; `diff`: what the task changed; `tool-output`: what one of its tools printed',
      example: 'attachment',
    }),
    name: z.string().openapi({ example: 'screenshot.png' }),
    mediaType: z.string().openapi({ description: 'As whoever sent it said', example: 'image/png' }),
    bytes: z.int(),
    createdAt: Time,
  })
  .openapi('Artifact')
export type Artifact = z.infer<typeof Artifact>

export const ArtifactList = z.object({ artifacts: z.array(Artifact) }).openapi('ArtifactList')
export type ArtifactList = z.infer<typeof ArtifactList>
