import { lexer } from 'marked'
import { ChannelError, type Choices, type Outgoing } from '../channel.ts'

const TEXT_LENGTH = 2000
const FENCE = '```'

/** https://docs.discord.com/developers/components/reference */
const ACTION_ROW = 1
const BUTTON = 2
const STYLES = { primary: 1, default: 2, danger: 4 }
const ROWS = 5
const BUTTONS_IN_ROW = 5
const LABEL_LENGTH = 80
const CUSTOM_ID_LENGTH = 100

const SUPPRESS_EMBEDS = 4
const SUPPRESS_NOTIFICATIONS = 4096

/** What stands in a message. Nothing in it notifies anybody: `parse: []` leaves `@everyone` and `<@id>` as they look. */
export const renderBody = ({ markdown, choices }: Outgoing) => ({
  content: renderText(markdown),
  allowed_mentions: { parse: [] },
  // An empty list takes away those that were there.
  components: choices ? renderButtons(choices) : [],
})

/**
 * Discord has Markdown, but no tables: they are shown in one width, as far as there is room for the fences. A piece of an answer has
 * ten characters of it, enough for one.
 */
function renderText(markdown: string): string {
  let text = markdown.replaceAll('\r\n', '\n')
  let from = 0
  for (const { type, raw } of lexer(text)) {
    // Not by counting: the lexer leaves out a definition of a link that comes last.
    const at = text.indexOf(raw, from)
    if (at < 0) continue
    const table = raw.trimEnd()
    const fenced = `${FENCE}\n${table}\n${FENCE}`
    const isFenced =
      type === 'table' && !raw.includes(FENCE) && text.length + fenced.length - table.length <= TEXT_LENGTH
    if (isFenced) text = text.slice(0, at) + fenced + text.slice(at + table.length)
    from = at + raw.length + (isFenced ? fenced.length - table.length : 0)
  }
  return text
}

/** Links are not unfolded; a quiet message makes no sound. */
export const flagsOf = ({ isQuiet = false }: Outgoing) => SUPPRESS_EMBEDS | (isQuiet ? SUPPRESS_NOTIFICATIONS : 0)

/** `ChannelError('invalid')` where they are too many, or their ids too long. */
function renderButtons({ questionId, options }: Choices) {
  if (options.length > ROWS * BUTTONS_IN_ROW)
    throw new ChannelError('invalid', `Discord takes ${ROWS * BUTTONS_IN_ROW} buttons, not ${options.length}.`)
  const buttons = options.map(({ id, label, style = 'default' as const }) => {
    const customId = `${questionId}|${id}`
    if (customId.length > CUSTOM_ID_LENGTH)
      throw new ChannelError('invalid', `Discord gives a button ${CUSTOM_ID_LENGTH} characters, not "${customId}".`)
    return { type: BUTTON, style: STYLES[style], custom_id: customId, label: shortened(label) }
  })
  return Array.from({ length: Math.ceil(buttons.length / BUTTONS_IN_ROW) }, (_, row) => ({
    type: ACTION_ROW,
    components: buttons.slice(row * BUTTONS_IN_ROW, (row + 1) * BUTTONS_IN_ROW),
  }))
}

const shortened = (label: string) =>
  label.length > LABEL_LENGTH ? `${label.slice(0, LABEL_LENGTH - 1).toWellFormed()}…` : label
