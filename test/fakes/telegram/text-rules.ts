/** What Telegram does to a text: it trims, measures and checks it, and finds mentions and commands in it. */
import { Refusal } from './refusal.ts'
import type { Button, Entity } from './world.ts'

const LONGEST_TEXT = 4096
/** What stands beyond is dropped without a word. */
const MOST_ENTITIES = 100
const CALLBACK_BYTES = 64

/** The text and its entities as they are kept, with what Telegram finds by itself. Throws what it refuses. */
export function acceptText(given: string, wished: Entity[], tooLong: string): { text: string; entities: Entity[] } {
  for (const { offset, length, type } of wished) {
    if (!Number.isInteger(offset) || offset < 0 || offset + length > given.length)
      throw new Refusal(400, `Bad Request: can't parse entities: Receive an entity ${type} with incorrect offset`)
    if (!Number.isInteger(length) || length <= 0)
      throw new Refusal(400, `Bad Request: can't parse entities: Receive an entity ${type} with incorrect length`)
    if (isInsideOfPair(given, offset) || isInsideOfPair(given, offset + length))
      throw new Refusal(400, `Bad Request: entity ${type} begins or ends in a middle of a UTF-16 symbol`)
  }
  const text = given.trim()
  if (text === '') throw new Refusal(400, 'Bad Request: message text is empty')
  if (text.length > LONGEST_TEXT) throw new Refusal(400, `Bad Request: ${tooLong}`)
  const cut = given.length - given.trimStart().length
  const own = wished
    .slice(0, MOST_ENTITIES)
    .filter(({ type, url }) => type !== 'text_link' || /^(https?|tg|ton):/i.test(url ?? ''))
    .map((entity) => ({ ...entity, offset: Math.max(0, entity.offset - cut) }))
  const entities = [...own.map(asMention), ...found(text, own)].toSorted((a, b) => a.offset - b.offset)
  return { text, entities }
}

/** What Telegram finds in a text by itself: never in code. */
export function found(text: string, own: Entity[] = []): Entity[] {
  const code = own.filter(({ type }) => type === 'code' || type === 'pre')
  const patterns: [string, RegExp][] = [
    ['mention', /(?<![\p{L}\p{N}_])@[A-Za-z0-9_]{2,32}(?![\p{L}\p{N}_])/gu],
    ['bot_command', /(?<![\p{L}\p{N}_/])\/[A-Za-z0-9_]{1,64}(@[A-Za-z0-9_]{3,32})?/gu],
  ]
  return patterns.flatMap(([type, pattern]) =>
    [...text.matchAll(pattern)]
      .map((match) => ({ type, offset: match.index, length: match[0].length }))
      .filter(({ offset }) => !code.some((other) => offset >= other.offset && offset < other.offset + other.length)),
  )
}

/** A link to a person is a mention of that person. */
function asMention(entity: Entity): Entity {
  const person = /^tg:\/\/user\/?\?id=(\d+)/i.exec(entity.url ?? '')
  if (entity.type !== 'text_link' || !person) return entity
  return { type: 'text_mention', offset: entity.offset, length: entity.length, user: { id: Number(person[1]) } }
}

const isInsideOfPair = (text: string, at: number) =>
  /[\uD800-\uDBFF]/.test(text[at - 1] ?? '') && /[\uDC00-\uDFFF]/.test(text[at] ?? '')

export function acceptKeyboard(keyboard: Button[][] | undefined): Button[][] | undefined {
  for (const { text, callback_data: data } of keyboard?.flat() ?? []) {
    if (text.trim() === '') throw new Refusal(400, 'Bad Request: text buttons are unallowed in the inline keyboard')
    if (data === undefined || Buffer.byteLength(data) > CALLBACK_BYTES || data === '')
      throw new Refusal(400, 'Bad Request: BUTTON_DATA_INVALID')
  }
  return keyboard && keyboard.flat().length > 0 ? keyboard : undefined
}
