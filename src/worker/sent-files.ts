import type { TurnPicture } from '../agents/driver.ts'
import type { Database } from '../db/connect.ts'
import { asSystem } from '../db/scope.ts'
import { findArtifact, listArtifacts, type Artifact } from '../events/artifact-store.ts'
import { safeFileNames } from '../lib/file-names.ts'
import { readPicture } from '../lib/read-picture.ts'
import type { Task } from '../tasks/task.ts'
import type { Workspace } from '../workspaces/workspace.ts'

/**
 * What every vendor takes. A picture that one refuses stays in the session, and every turn after it fails as well: Anthropic takes
 * 5 MB in base64 and 8000 pixels a side, Gemini 20 MB a request. Others are files, which the agent opens with its own tools.
 */
const MAX_PICTURE_BYTES = 3.75 * 2 ** 20
const MAX_PICTURE_SIDE = 8000
const MAX_PICTURES_BYTES = 12 * 2 ** 20

/** A prompt with what was sent with it. */
export interface PromptWithFiles {
  text: string
  /** The names of all of them. */
  names: string[]
  pictures: TurnPicture[]
}

/** What people sent with a task, for the prompts of one run. */
export interface SentFiles {
  /** The ids of those that the agent was told of. */
  had(): string[]
  /** For a session that knows nothing: it is told of all of them. */
  forget(): void
  /** Puts all of them where the agent can read them, and tells it of those that it was not told of yet. */
  sendWith(text: string): Promise<PromptWithFiles>
}

/** `had`: those that the agent was told of in earlier runs. */
export function createSentFiles(
  database: Database,
  { task, workspace, had = [] }: { task: Task; workspace: Pick<Workspace, 'placeFile'>; had?: readonly string[] },
): SentFiles {
  const told = new Set(had)
  const placed = new Set<string>()
  return {
    had: () => [...told],
    forget: () => told.clear(),
    async sendWith(text) {
      const entries = await asSystem(database, (db) => listArtifacts(db, task.id, 'attachment'))
      const safeNames = safeFileNames(entries.map(({ name }) => name))
      const names: string[] = []
      const files: string[] = []
      const pictures: TurnPicture[] = []
      let room = MAX_PICTURES_BYTES
      for (const [index, { id }] of entries.entries()) {
        if (placed.has(id) && told.has(id)) continue
        // One after the other: each may have 20 MB.
        const file = await asSystem(database, (db) => findArtifact(db, id))
        const name = safeNames[index]
        if (!file || name === undefined) continue
        const path = await workspace.placeFile(task.id, name, file.content)
        placed.add(id)
        if (told.has(id)) continue
        told.add(id)
        names.push(name)
        const picture = pictureIn(file, path)
        files.push(`${path} (${picture?.mediaType ?? plainType(file.mediaType)})`)
        if (!picture || picture.content.length > room) continue
        room -= picture.content.length
        pictures.push(picture)
      }
      // The scripted agent knows this line (sent-files.ts).
      const whole =
        files.length === 0 ? text : `${text}\n\nSent with this, outside of the repository: ${files.join(', ')}`
      return { text: whole, names, pictures }
    },
  }
}

/** By its content: what a platform calls a picture need not be one, and models refuse it then. */
function pictureIn({ content }: Artifact, path: string): TurnPicture | undefined {
  const picture = content.length <= MAX_PICTURE_BYTES ? readPicture(content) : undefined
  if (!picture || Math.max(picture.width, picture.height) > MAX_PICTURE_SIDE) return undefined
  return { path, mediaType: picture.mediaType, content }
}

/** It goes into a prompt: whoever sent the file may have said anything. */
const plainType = (mediaType: string) => /^[\w.+-]{1,60}\/[\w.+-]{1,60}/.exec(mediaType)?.[0] ?? 'unknown'
