import { ChannelError, type Choices } from '../channel.ts'
import { toFormatted } from './markdown.ts'

/** Part of a text, counted in UTF-16 units. */
interface Entity {
  type: string
  offset: number
  length: number
  url?: string
  language?: string
}

export interface Body {
  text: string
  entities: Entity[]
}

const LONGEST_TEXT = 4096
/** Telegram drops what stands beyond, without a word. */
const MOST_ENTITIES = 100
const CALLBACK_BYTES = 64

/** What Telegram takes for the name of somebody: not in an address, `a@b.c`. */
const MENTION = /(?<![\p{L}\p{N}_])@(?=\w)/gu

/** Markdown as Telegram shows it; nothing in it notifies anybody, and `commands` can be tapped. Without formatting where that would become too long. */
export function render(markdown: string, commands = /(?!)/g): Body {
  const body = format(markdown, commands)
  return body && body.text.trim() !== '' && body.text.length <= LONGEST_TEXT ? body : renderPlain(markdown)
}

/** The markdown itself, as it is written: for what Telegram does not take with formatting. */
export function renderPlain(markdown: string): Body {
  const text = markdown.replace(MENTION, '@\u200B')
  // At the limit there is no room for what cannot be seen; this one is as long as what it stands for.
  return { text: text.length <= LONGEST_TEXT ? text : markdown.replace(MENTION, '＠'), entities: [] }
}

function format(markdown: string, commands: RegExp): Body | undefined {
  try {
    const { text, entities } = toFormatted(markdown)
    const written = entities.filter(({ length }) => length > 0).slice(0, MOST_ENTITIES)
    return disarm(withUnderscores({ text, entities: written }, commands))
  } catch {
    // Whatever an agent wrote is sent: the parser gives up on some hundred quotes within one another.
    return undefined
  }
}

/** As long as before. In code nothing is linked, and people copy it. */
function withUnderscores({ text, entities }: Body, commands: RegExp): Body {
  const isCode = (at: number) =>
    entities.some(
      ({ type, offset, length }) => (type === 'code' || type === 'pre') && at >= offset && at < offset + length,
    )
  return {
    text: text.replace(commands, (command, at: number) => (isCode(at) ? command : command.replaceAll('-', '_'))),
    entities,
  }
}

/** Telegram finds mentions by itself, except in code. A character that nobody sees keeps it from that. */
function disarm({ text, entities }: Body): Body {
  const code = entities.filter(({ type }) => type === 'code' || type === 'pre')
  const places = [...text.matchAll(MENTION)]
    .map(({ index }) => index + 1)
    .filter((at) => !code.some(({ offset, length }) => at > offset && at <= offset + length))
  const shift = (at: number) => at + places.filter((place) => place < at).length
  let disarmed = ''
  let from = 0
  for (const place of places) {
    disarmed += `${text.slice(from, place)}\u200B`
    from = place
  }
  return {
    text: disarmed + text.slice(from),
    entities: entities.map((entity) => {
      const offset = shift(entity.offset)
      return { ...entity, offset, length: shift(entity.offset + entity.length) - offset }
    }),
  }
}

/** Short buttons stand side by side. `ChannelError('invalid')` where the ids are too long. */
export function renderButtons({ questionId, options }: Choices) {
  const buttons = options.map(({ id, label, style }) => {
    const data = `${questionId}|${id}`
    if (Buffer.byteLength(data) > CALLBACK_BYTES)
      throw new ChannelError('invalid', `Telegram gives a button ${CALLBACK_BYTES} bytes, and "${data}" is longer.`)
    return { text: label, callback_data: data, ...(style && { style }) }
  })
  const isOneRow = buttons.length <= 3 && buttons.every(({ text }) => text.length <= 12)
  return { inline_keyboard: isOneRow ? [buttons] : buttons.map((button) => [button]) }
}
