import type { KnownBlock } from '@slack/web-api'
import type { Choices, Outgoing } from '../channel.ts'
import { calm } from './calm.ts'
import { escapeText, sectionsOf, toMrkdwn } from './mrkdwn.ts'

/** What chat.postMessage and chat.update take. */
export interface Content {
  /** For notifications and screen readers; what is read where there are no blocks. */
  text: string
  blocks: KnownBlock[]
}

/** The same message in the forms that Slack may take it in, the best first. None of them loses anything. */
export const FORMS: ((message: Outgoing) => Content | undefined)[] = [asMarkdown, asSections, asText]

/** Where Slack's Markdown block ends. */
export const MARKDOWN_LIMIT = 12_000
/** Beyond this Slack cuts the text of a message without a word. */
const TEXT_LIMIT = 40_000
const SUMMARY_LENGTH = 3000
const ROW = 5
const LABEL_LENGTH = 75

/** Slack renders the Markdown by itself. */
function asMarkdown({ markdown, choices }: Outgoing): Content | undefined {
  const text = calm(markdown)
  if (text.length > MARKDOWN_LIMIT) return undefined
  return { text: summaryOf(markdown), blocks: [{ type: 'markdown', text }, ...buttons(choices)] }
}

/** For workspaces that do not know the Markdown block (`invalid_blocks`). */
function asSections({ markdown, choices }: Outgoing): Content {
  const sections = sectionsOf(markdown).map((text): KnownBlock => ({
    type: 'section',
    text: { type: 'mrkdwn', text },
    // Else people must press "see more".
    expand: true,
  }))
  return { text: summaryOf(markdown), blocks: [...sections, ...buttons(choices)] }
}

/** Where it is too much for blocks, as a text that consists of < and > is. Buttons need blocks. */
function asText({ markdown, choices }: Outgoing): Content | undefined {
  const text = toMrkdwn(markdown)
  return choices || text.length > TEXT_LIMIT ? undefined : { text, blocks: [] }
}

const summaryOf = (markdown: string) => escapeText(calm(markdown.slice(0, SUMMARY_LENGTH).toWellFormed()))

function buttons(choices: Choices | undefined): KnownBlock[] {
  if (!choices) return []
  const { questionId, options } = choices
  const elements = options.map(({ id, label, style }, index) => ({
    type: 'button' as const,
    // Must differ within a message. What was pressed stands in the value.
    action_id: `choice-${index}`,
    value: `${questionId}|${id}`,
    text: { type: 'plain_text' as const, text: shorten(label) },
    ...(style && { style }),
  }))
  const rows = Array.from({ length: Math.ceil(elements.length / ROW) }, (_, row) =>
    elements.slice(row * ROW, (row + 1) * ROW),
  )
  return rows.map((row) => ({ type: 'actions', elements: row }))
}

const shorten = (label: string) =>
  label.length <= LABEL_LENGTH ? label : `${label.slice(0, LABEL_LENGTH - 1).toWellFormed()}…`
