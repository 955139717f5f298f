/** What the fake model must know of a request, whichever of the four APIs it came in by. */
export interface ModelRequest {
  api: 'anthropic' | 'responses' | 'chat' | 'gemini'
  /** The conversation so far, without what the model itself said. */
  heard: Heard[]
  /** The names of the tools that it may call. */
  tools: string[]
  /** The JSON schema of the answer, where none but such an answer is wanted. */
  form?: Fields
}

export type Heard =
  | { from: 'user'; text: string }
  | { from: 'tool'; text: string }
  | { from: 'picture'; base64: string }

/** Undefined for a request that is no prompt: lists of models, counts of tokens. */
export function readRequest(path: string, body: unknown): ModelRequest | undefined {
  const { pathname } = new URL(path, 'http://model')
  const request = asRecord(body)
  if (pathname.endsWith('/messages')) return readAnthropic(request)
  if (pathname.endsWith('/responses')) return readResponses(request)
  if (pathname.endsWith('/chat/completions')) return readChat(request)
  if (/:(stream)?generateContent$/i.test(pathname)) return readGemini(request)
  return undefined
}

function readAnthropic(request: Fields): ModelRequest {
  const heard = listOf(request.messages)
    .filter(({ role }) => role === 'user')
    .flatMap(({ content }) => (typeof content === 'string' ? [user(content)] : listOf(content).flatMap(anthropicPart)))
  return { api: 'anthropic', heard, tools: namesOf(listOf(request.tools)) }
}

function anthropicPart(part: Fields): Heard[] {
  if (part.type === 'tool_result') return [{ from: 'tool', text: textOf(part.content) }]
  if (part.type === 'image') return picture(asRecord(part.source).data)
  return part.type === 'text' ? [user(textOf(part.text))] : []
}

function readResponses(request: Fields): ModelRequest {
  const heard = listOf(request.input).flatMap((item): Heard[] => {
    if (item.type === 'function_call_output' || item.type === 'custom_tool_call_output') {
      return [{ from: 'tool', text: textOf(item.output) }]
    }
    if (item.role !== 'user') return []
    return listOf(item.content).flatMap(({ type, text, image_url }) =>
      type === 'input_image' ? picture(image_url) : [user(textOf(text))],
    )
  })
  // Codex's newest models are told of their tools within the conversation.
  const added = listOf(request.input).filter(({ type }) => type === 'additional_tools')
  const nested = added.flatMap((item) => listOf(item.tools)).flatMap((space) => listOf(space.tools))
  return { api: 'responses', heard, tools: namesOf([...listOf(request.tools), ...nested]) }
}

function readChat(request: Fields): ModelRequest {
  const heard = listOf(request.messages).flatMap(({ role, content }): Heard[] => {
    if (role === 'tool') return [{ from: 'tool', text: textOf(content) }]
    if (role !== 'user') return []
    return [user(textOf(content)), ...listOf(content).flatMap((part) => picture(asRecord(part.image_url).url))]
  })
  const tools = listOf(request.tools).map((tool) => asRecord(tool.function))
  return { api: 'chat', heard, tools: namesOf(tools) }
}

function readGemini(request: Fields): ModelRequest {
  const heard = listOf(request.contents)
    .filter(({ role }) => role !== 'model')
    .flatMap(({ parts }) => listOf(parts))
    .flatMap((part): Heard[] => {
      const { response } = asRecord(part.functionResponse)
      if (response !== undefined) return [{ from: 'tool', text: JSON.stringify(response) }]
      return part.inlineData === undefined ? [user(textOf(part.text))] : picture(asRecord(part.inlineData).data)
    })
  const tools = listOf(request.tools).flatMap((tool) => listOf(tool.functionDeclarations))
  const { responseJsonSchema: form } = asRecord(request.generationConfig)
  return { api: 'gemini', heard, tools: namesOf(tools), ...(form !== undefined && { form: asRecord(form) }) }
}

export type Fields = Record<string, unknown>

const user = (text: string): Heard => ({ from: 'user', text })

/** As a data URL, or bare. */
function picture(data: unknown): Heard[] {
  return typeof data === 'string' ? [{ from: 'picture', base64: data.replace(/^data:[^,]*,/, '') }] : []
}

export function asRecord(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(asRecord) : []
}

function namesOf(tools: Fields[]): string[] {
  return tools.map(({ name }) => name).filter((name) => typeof name === 'string')
}

/** A string, or the texts of a list of parts. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return listOf(value)
    .map(({ text }) => (typeof text === 'string' ? text : ''))
    .join('\n')
}
