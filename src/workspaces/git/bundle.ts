import { open } from 'node:fs/promises'
import { createReadStream, createWriteStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { UserError } from '../../lib/errors.ts'
import { resolveCommit, type Cache } from './cache.ts'

const MAX_HEADER = 64 * 1024

interface BundleHeader {
  refs: { sha: string; ref: string }[]
  /** Where the pack begins. */
  packOffset: number
}

/** Writes a stream to a file, and gives up when it becomes longer than an honest day's work. */
export async function saveCapped(stream: Readable, file: string, maxBytes: number): Promise<void> {
  let size = 0
  await pipeline(
    stream,
    async function* (source: AsyncIterable<Buffer>) {
      for await (const chunk of source) {
        size += chunk.length
        if (size > maxBytes)
          throw new UserError(
            'work-too-large',
            `The work is larger than ${Math.round(maxBytes / 1024 ** 2)} MB. Add what was built or downloaded to .gitignore, and try again.`,
          )
        yield chunk
      }
    },
    createWriteStream(file, { mode: 0o600 }),
  )
}

/** Pure: the text before the pack (gitformat-bundle, version 2). Undefined when it is not one. */
export function parseBundleHeader(bytes: Buffer): BundleHeader | undefined {
  const end = bytes.indexOf('\n\n')
  if (end === -1) return undefined
  const [signature, ...lines] = bytes.subarray(0, end).toString().split('\n')
  if (signature !== '# v2 git bundle') return undefined
  const refs: BundleHeader['refs'] = []
  for (const line of lines.filter((text) => !text.startsWith('-'))) {
    const [, sha, ref] = /^([\da-f]{40}) (refs\/\S+)$/.exec(line) ?? []
    if (sha === undefined || ref === undefined) return undefined
    refs.push({ sha, ref })
  }
  return { refs, packOffset: end + 2 }
}

/**
 * Takes an agent's bundle into the cache, and returns the one commit that it may bring. Not by `git fetch`: before 2.46 it
 * checks no object of a bundle (tried with 2.39: a .gitmodules with an option for a URL went through). `index-pack
 * --strict` checks every object and every link. No ref is written here.
 */
export async function importBundle(cache: Cache, file: string, expectedRef: string): Promise<string> {
  const header = parseBundleHeader(await readStart(file))
  const [only] = header?.refs ?? []
  if (header === undefined || only === undefined || header.refs.length !== 1 || only.ref !== expectedRef)
    throw unsafe('it is not the bundle that was asked for')
  const input = createReadStream(file, { start: header.packOffset })
  try {
    await cache.git(['index-pack', '--stdin', '--strict', '--fix-thin'], { input, timeoutMs: 10 * 60_000 })
  } catch (error) {
    throw unsafe('git refuses objects in it', error)
  }
  if ((await resolveCommit(cache, only.sha)) !== only.sha) throw unsafe('its commit is missing')
  return only.sha
}

async function readStart(file: string): Promise<Buffer> {
  await using handle = await open(file)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_HEADER), 0, MAX_HEADER, 0)
  return buffer.subarray(0, bytesRead)
}

const unsafe = (why: string, cause?: unknown) =>
  new UserError('unsafe-work', `The agent's work was not taken over: ${why}. Its files are still in the workspace.`, {
    cause,
  })
