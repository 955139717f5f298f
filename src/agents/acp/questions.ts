import { randomUUID } from 'node:crypto'
import type {
  CreateElicitationRequest,
  CreateElicitationResponse,
  ElicitationPropertySchema,
  PermissionOption,
  RequestPermissionRequest,
  RequestPermissionResponse,
} from '@agentclientprotocol/sdk'
import type { Ask, Reply } from '../driver.ts'
import type { ToolEvent, ToolReader } from './read-tool.ts'

type AskPerson = (question: Ask) => Promise<Reply | 'stopped'>

/** For agents that can wait for an answer over the end of a turn: it comes as their next prompt. */
const PARKED = { _meta: { 'drover/parked': true } }

const EFFECT = {
  allow_once: 'allow',
  allow_always: 'allow_session',
  reject_once: 'deny',
  reject_always: 'deny',
} as const satisfies Record<PermissionOption['kind'], string>

export function permissionAsk(
  { options }: RequestPermissionRequest,
  tool: ToolEvent,
  { files, mcpServer }: ReturnType<ToolReader['detailsOf']>,
): Ask {
  return {
    id: tool.id,
    kind: 'permission',
    title: tool.title,
    toolKind: tool.kind,
    ...(mcpServer !== undefined && { mcpServer }),
    ...(tool.input !== undefined && { input: tool.input }),
    ...(files.length > 0 && { files: [...files] }),
    choices: options.map(({ optionId, name, kind }) => ({ id: optionId, label: name, effect: EFFECT[kind] })),
    freeText: false,
  }
}

/** What a reply means for the agent. Whatever is not one of its options is a no. */
export function permissionAnswer(
  { options }: RequestPermissionRequest,
  reply: Reply | 'stopped',
): { response: RequestPermissionResponse; isDenied: boolean } {
  const cancelled = { outcome: { outcome: 'cancelled' } } as const
  if (reply === 'stopped') return { response: cancelled, isDenied: false }
  if (reply === 'park') return { response: { ...cancelled, ...PARKED }, isDenied: false }
  const chosen =
    ('choose' in reply ? options.find(({ optionId }) => optionId === reply.choose) : undefined) ??
    // By kind, not by id: Codex calls its no "cancel".
    options.find(({ kind }) => kind === 'reject_once') ??
    options.find(({ kind }) => kind === 'reject_always')
  if (!chosen) return { response: cancelled, isDenied: true }
  return {
    response: { outcome: { outcome: 'selected', optionId: chosen.optionId } },
    isDenied: EFFECT[chosen.kind] === 'deny',
  }
}

/** Asks the fields of a form one after the other: people answer one question at a time. */
export async function answerElicitation(
  request: CreateElicitationRequest,
  askPerson: AskPerson,
): Promise<CreateElicitationResponse> {
  const fields = readFields(request)
  if (fields.length === 0) return { action: 'decline' }
  const content: Record<string, string | number | boolean | string[]> = {}
  for (const field of fields) {
    const reply = await askPerson(fieldAsk(field, request.message, fields.length > 1))
    if (reply === 'stopped') return { action: 'cancel' }
    if (reply === 'park') return { action: 'cancel', ...PARKED }
    Object.assign(content, fieldAnswer(field, reply))
  }
  return { action: 'accept', content }
}

interface Field {
  name: string
  schema: ElicitationPropertySchema
  choices: { id: string; label: string }[]
  /** Where words go that are none of the choices. */
  ownWordsName?: string
}

const OWN_WORDS = '_custom'

function readFields(request: CreateElicitationRequest): Field[] {
  if (request.mode !== 'form') return []
  const { properties = {} } = (
    request as { requestedSchema: { properties?: Record<string, ElicitationPropertySchema> } }
  ).requestedSchema
  return Object.entries(properties)
    .filter(([name]) => !(name.endsWith(OWN_WORDS) && name.slice(0, -OWN_WORDS.length) in properties))
    .map(([name, schema]) => ({
      name,
      schema,
      choices: readChoices(schema),
      ...(name + OWN_WORDS in properties && { ownWordsName: name + OWN_WORDS }),
    }))
}

interface Choices {
  enum?: string[] | null
  oneOf?: { const: string; title: string }[] | null
  anyOf?: { const: string; title: string }[]
}

function readChoices(schema: ElicitationPropertySchema): Field['choices'] {
  if (schema.type === 'boolean') return [{ id: 'true', label: 'Yes' }, { id: 'false', label: 'No' }] // prettier-ignore
  const source = (schema.type === 'array' ? (schema as { items: Choices }).items : schema) as Choices
  const titled = source.oneOf ?? source.anyOf
  if (titled) return titled.map((option) => ({ id: option.const, label: option.title }))
  return (source.enum ?? []).map((value) => ({ id: value, label: value }))
}

function fieldAsk(field: Field, message: string, isOneOfMany: boolean): Ask {
  const title = (field.schema as { title?: string | null }).title ?? field.name
  return {
    id: `question-${randomUUID()}`,
    kind: 'question',
    title: isOneOfMany ? `${message} — ${title}` : message,
    choices: field.choices.map((choice) => ({ ...choice, effect: 'pick' })),
    freeText: field.choices.length === 0 || field.ownWordsName !== undefined,
  }
}

function fieldAnswer(
  field: Field,
  reply: Exclude<Reply, 'park'>,
): Record<string, string | number | boolean | string[]> {
  const words = 'choose' in reply ? reply.choose : reply.text
  const isChoice = field.choices.some(({ id }) => id === words)
  if (!isChoice && field.ownWordsName !== undefined) return { [field.ownWordsName]: words }
  switch (field.schema.type) {
    case 'array':
      return { [field.name]: [words] }
    case 'boolean':
      return { [field.name]: words === 'true' }
    case 'number':
    case 'integer':
      return { [field.name]: Number(words) }
    default:
      return { [field.name]: words }
  }
}
