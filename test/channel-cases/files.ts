import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import type { Attachment, Channel, Place } from '../../src/channels/channel.ts'
import { heard, startOne } from './kit.ts'
import type { ChannelCase, SentFile, Stage } from './stage.ts'
import { failureOf } from '../channel-kit.ts'

const needs = ['files'] as const
const IMAGE: SentFile = { name: 'it fails.png', mediaType: 'image/png', content: randomBytes(300_000) }
const VOICE: SentFile = { name: '', mediaType: 'audio/ogg', content: randomBytes(5000), isVoice: true }

interface FetchOptions {
  maxBytes?: number
  signal?: AbortSignal
}

/** The file as it is after the database: by what it says of itself, and nothing else. */
const fetchIt = (
  channel: Channel,
  { place, file }: { place: Place; file: Attachment },
  { maxBytes = 1_000_000, signal = AbortSignal.timeout(30_000) }: FetchOptions = {},
) => channel.fetchFile!(place, JSON.parse(JSON.stringify(file)), { maxBytes, signal })

/** The one file of the message with these words. */
async function sendOne(stage: Stage, sent: SentFile, text: string) {
  await stage.platform.files!.send(sent, text)
  const { place, attachments = [], isAddressed } = await heard(stage, text)
  expect(attachments).toHaveLength(1)
  return { place, file: attachments[0]!, isAddressed }
}

/** What people send besides words. */
export const FILES: ChannelCase[] = [
  {
    name: 'a recorded message is a voice, with nothing in its text',
    needs,
    async check(stage) {
      await using live = await startOne(stage)
      const voice = await sendOne(stage, VOICE, '')
      expect(voice).toMatchObject({
        isAddressed: true,
        file: {
          kind: 'voice',
          mediaType: expect.stringMatching(/^audio\/\w/),
          name: expect.stringMatching(/\w/),
          bytes: 5000,
        },
      })
      expect(Buffer.from(await fetchIt(live.channel, voice)).equals(VOICE.content)).toBe(true)
    },
  },
  {
    name: 'words and a file are one message, whose file another process fetches whole',
    needs,
    async check(stage) {
      await using first = await startOne(stage)
      const image = await sendOne(stage, IMAGE, 'what is this?')
      expect(image.file).toMatchObject({ kind: 'image', mediaType: 'image/png', bytes: 300_000 })
      await sendOne(stage, { ...IMAGE, name: 'build.log', mediaType: 'text/plain' }, 'and this?')
      expect(stage.store.events.at(-1)).toMatchObject({ attachments: [{ kind: 'file', name: 'build.log' }] })
      expect(stage.store.events).toHaveLength(2)
      await first.running.stop()
      await using second = await startOne(stage)
      expect(Buffer.from(await fetchIt(second.channel, image)).equals(IMAGE.content)).toBe(true)
    },
  },
  {
    name: 'a file that cannot be had says why',
    needs,
    async check(stage) {
      await using live = await startOne(stage)
      const file = await sendOne(stage, IMAGE, 'look')
      const kindOf = async (options: FetchOptions) => (await failureOf(fetchIt(live.channel, file, options))).kind
      expect(await kindOf({ maxBytes: IMAGE.content.length - 1 })).toBe('invalid')
      expect(await fetchIt(live.channel, file, { maxBytes: IMAGE.content.length })).toHaveLength(300_000)
      expect(await kindOf({ signal: AbortSignal.abort() })).toBe('transient')
      stage.platform.setTokenValid(false)
      expect(await kindOf({})).toBe('auth')
      stage.platform.setTokenValid(true)
      await stage.platform.files!.removeLast()
      expect(await kindOf({})).toBe('gone')
    },
  },
]
