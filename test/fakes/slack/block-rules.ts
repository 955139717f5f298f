/** What Slack refuses in the blocks of a message, in its words. https://docs.slack.dev/reference/block-kit/blocks */

export interface Block {
  type: string
  /** Of a Markdown block a string, of a section an object. */
  text?: string | { type: string; text: string }
  elements?: Button[]
}

interface Button {
  type: string
  action_id?: string
  value?: string
  style?: string
  text?: { type: string; text: string }
}

export interface BlockRules {
  /** Workspaces without the features for AI apps do not know the Markdown block. */
  knowsMarkdown: boolean
}

export interface Refusal {
  error: string
  messages: string[]
}

const refused = (error: string, ...messages: string[]): Refusal => ({
  error,
  messages: messages.map((message) => `[ERROR] ${message}`),
})

/** Seen on the platform, documented nowhere: bolt-js #2509. */
const ALL_BLOCKS = 13_200

export function checkBlocks(blocks: Block[], { knowsMarkdown }: BlockRules): Refusal | undefined {
  if (blocks.length > 50) return refused('invalid_blocks', 'no more than 50 items allowed [json-pointer:/blocks]')
  const problems = blocks.flatMap((block, index) =>
    problemsOf(block, knowsMarkdown).map((problem) => `${problem} [json-pointer:/blocks/${index}]`),
  )
  const markdown = blocks.filter(({ type }) => type === 'markdown').map(textOf)
  if (markdown.join('').length > 12_000) problems.push('markdown text must be less than 12001 characters in all')
  const ids = blocks.flatMap(({ elements = [] }) => elements.map(({ action_id: id }) => id))
  if (new Set(ids).size !== ids.length) problems.push('action_id must be unique')
  if (problems.length > 0) return refused('invalid_blocks', ...problems)
  if (lengthOf(blocks) > ALL_BLOCKS) return refused('msg_blocks_too_long')
  return undefined
}

export const textOf = ({ text }: Block): string => (typeof text === 'string' ? text : (text?.text ?? ''))

const lengthOf = (blocks: Block[]) => blocks.reduce((sum, block) => sum + textOf(block).length, 0)

function problemsOf({ type, text, elements }: Block, knowsMarkdown: boolean): string[] {
  if (type === 'markdown' && knowsMarkdown)
    return typeof text === 'string' && text.trim() !== '' ? [] : ['must provide a non-empty string']
  if (type === 'section') {
    if (typeof text !== 'object' || text.text.trim() === '') return ['must provide a non-empty string']
    return text.text.length > 3000 ? ['must be less than 3001 characters'] : []
  }
  if (type === 'actions') {
    if (!elements || elements.length === 0 || elements.length > 25) return ['must have between 1 and 25 elements']
    return elements.flatMap(problemsOfButton)
  }
  return [`unsupported type: ${type}`]
}

function problemsOfButton({ type, text, value = '', action_id: id = '', style }: Button): string[] {
  const label = text?.text ?? ''
  return [
    type !== 'button' && `unsupported type: ${type}`,
    text?.type !== 'plain_text' && 'text must be plain_text',
    label === '' && 'must provide a non-empty string',
    label.length > 75 && 'must be less than 76 characters',
    value.length > 2000 && 'must be less than 2001 characters',
    id.length > 255 && 'must be less than 256 characters',
    style !== undefined && style !== 'primary' && style !== 'danger' && 'style must be primary or danger',
  ].filter((problem): problem is string => typeof problem === 'string')
}
