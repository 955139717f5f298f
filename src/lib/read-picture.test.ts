import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readPicture } from './read-picture.ts'

/** One pixel each, as encoders write them. */
const PIXELS = {
  png: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  gif: 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7',
  webp: 'UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA',
  'webp, lossless': 'UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==',
  'webp, extended':
    'UklGRkoAAABXRUJQVlA4WAoAAAAQAAAAAAAAAAAAQUxQSAwAAAARBxAR/Q9ERP8DAABWUDggGAAAABQBAJ0BKgEAAQAAAP4AAA3AAP7mtQAAAA==',
}
const KINDS = Object.keys(PIXELS) as (keyof typeof PIXELS)[]
const pixel = (kind: keyof typeof PIXELS) => Buffer.from(PIXELS[kind], 'base64')
/** A camera's: with a thumbnail's frame in its first segment, a filled up marker, and a progressive frame of 4000 × 9000. */
const PHOTOGRAPH = Buffer.from(
  'ffd8 ffe1000a 4578696600ffc0ff ffff c4 0002 ffc20011 08 2328 0fa0 03'.replaceAll(' ', ''),
  'hex',
)

test.each(KINDS)('%s is known by its content', (kind) => {
  expect(readPicture(pixel(kind))).toEqual({ mediaType: `image/${kind.split(',')[0]}`, width: 1, height: 1 })
})

test('its size is read where each kind keeps it', () => {
  const [png, gif] = [pixel('png'), pixel('gif')]
  png.writeUInt32BE(9000, 16)
  gif.writeUInt16LE(300, 8)
  expect(readPicture(png)).toMatchObject({ width: 9000, height: 1 })
  expect(readPicture(gif)).toMatchObject({ width: 1, height: 300 })
  expect(readPicture(PHOTOGRAPH)).toEqual({ mediaType: 'image/jpeg', width: 4000, height: 9000 })
})

test('what only says that it is a picture is none', () => {
  for (const text of ['', 'PNG', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'RIFF    WAVEfmt ']) {
    expect(readPicture(Buffer.from(text))).toBeUndefined()
  }
  const heads = [...KINDS.map(pixel), PHOTOGRAPH].map((picture) => picture.subarray(0, 12))
  const broken = fc.tuple(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 40 }))
  fc.assert(fc.property(broken, ([head, rest]) => void readPicture(Buffer.concat([head, rest]))))
})
