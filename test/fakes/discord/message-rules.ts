/** What Discord refuses in a message. https://docs.discord.com/developers/resources/message#create-message */
import { z } from 'zod'
import { invalidForm, Refusal } from './refusal.ts'
import type { Row } from './world.ts'

const TEXT_LENGTH = 2000
const FILE_BYTES = 10 * 1024 * 1024

const button = z.object({
  type: z.literal(2),
  style: z.number(),
  custom_id: z.string(),
  label: z.string().optional(),
})
export const bodyShape = z.object({
  content: z.string().optional(),
  nonce: z.union([z.string(), z.number()]).optional(),
  enforce_nonce: z.boolean().default(false),
  flags: z.number().default(0),
  allowed_mentions: z
    .object({ parse: z.array(z.string()).optional(), users: z.array(z.string()).optional() })
    .optional(),
  components: z.array(z.object({ type: z.literal(1), components: z.array(button) })).optional(),
})

export type Body = z.infer<typeof bodyShape>

export function checkBody({ content, nonce, components = [] }: Body, files: { content: Buffer }[]) {
  // In code points.
  if (Array.from(content ?? '').length > TEXT_LENGTH)
    throw invalidForm('content', 'BASE_TYPE_MAX_LENGTH', `Must be ${TEXT_LENGTH} or fewer in length.`)
  if (String(nonce ?? '').length > 25)
    throw invalidForm('nonce', 'BASE_TYPE_MAX_LENGTH', 'Must be 25 or fewer in length.')
  if (files.some(({ content }) => content.length > FILE_BYTES))
    throw new Refusal(413, 40_005, 'Request entity too large')
  checkRows(components as Row[])
}

function checkRows(rows: Row[]) {
  if (rows.length > 5) throw invalidForm('components', 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 5 in length.')
  const ids = rows.flatMap(({ components }) => components.map(({ custom_id: id }) => id))
  if (new Set(ids).size < ids.length)
    throw invalidForm('components', 'COMPONENT_CUSTOM_ID_DUPLICATED', 'Component custom id cannot be duplicated')
  for (const [row, { components }] of rows.entries()) {
    const at = `components.${row}.components`
    if (components.length < 1 || components.length > 5)
      throw invalidForm(at, 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 5 in length.')
    for (const [column, { label = '', custom_id: id, style }] of components.entries()) {
      if (label.length < 1 || label.length > 80)
        throw invalidForm(`${at}.${column}.label`, 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 80 in length.')
      if (id.length < 1 || id.length > 100)
        throw invalidForm(`${at}.${column}.custom_id`, 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 100 in length.')
      if (![1, 2, 3, 4].includes(style))
        throw invalidForm(`${at}.${column}.style`, 'BASE_TYPE_CHOICES', 'Value must be one of {1, 2, 3, 4}.')
    }
  }
}
