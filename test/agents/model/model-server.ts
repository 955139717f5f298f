/**
 * The model behind every agent: aimock speaks the vendors' APIs, `plays.ts` decides what is said. What aimock lacks is done
 * here, in front of it: errors as the vendors word them, and silence.
 */
import { request as ask, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { sendFreeFormCall } from './free-form-call.ts'
import { answerTo, type Answer } from './plays.ts'
import { readRequest, type ModelRequest } from './read-request.ts'
import { refuse } from './refusals.ts'

export interface ModelServer {
  /** For the door of a sandbox, or a server of its own. */
  listener: RequestListener
  stop(): Promise<void>
}

/** By a name that the compiler does not see: `npm test` checks types where the agents are not installed. */
const AIMOCK = '@copilotkit/aimock'

/** The little of aimock that is used. */
interface Aimock {
  LLMock: new (options: object) => {
    addFixture(fixture: object): unknown
    start(): Promise<string>
    stop(): Promise<void>
  }
}

/** The tokens of each answer, in the words of each API. */
const USAGE = {
  input_tokens: 1200,
  output_tokens: 30,
  prompt_tokens: 1200,
  completion_tokens: 30,
  promptTokenCount: 1200,
  candidatesTokenCount: 30,
}
const PIECE_LENGTH = 24

export async function startModelServer(): Promise<ModelServer> {
  const { LLMock } = (await import(AIMOCK)) as Aimock
  const aimock = new LLMock({ port: 0, host: '127.0.0.1', chunkSize: PIECE_LENGTH, logLevel: 'silent' })
  /** Decided here, picked up by aimock under the number that the request carries. */
  const answers = new Map<string, Answer>()
  aimock.addFixture({
    match: { predicate: () => true },
    response: ({ _context: number = '' }: { _context?: string }) => {
      const answer = answers.get(number)
      answers.delete(number)
      return aimockResponse(answer)
    },
  })
  const url = await aimock.start()
  let count = 0

  const listener: RequestListener = (incoming, outgoing) => void serve(incoming, outgoing)
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const body = await text(incoming)
    const prompt = incoming.method === 'POST' ? readRequest(incoming.url ?? '/', parse(body)) : undefined
    const answer = prompt && answerTo(prompt)
    // The agent waits until somebody stops it.
    if (answer?.type === 'silence') return
    if (prompt && answer?.type === 'refusal') return sendRefusal(outgoing, prompt.api, answer.refusal)
    if (answer?.type === 'words' && answer.call?.isFreeForm) {
      return sendFreeFormCall(outgoing, answer.call, answer.text, { ...USAGE, total_tokens: 1230 })
    }
    const number = String((count += 1))
    if (answer) answers.set(number, answer)
    passOn(url, number, incoming, body, outgoing)
  }
  return { listener, stop: () => aimock.stop() }
}

function aimockResponse(answer: Answer | undefined): object {
  if (answer?.type !== 'words') return { content: 'Nothing to say.' }
  const { text: content, call } = answer
  return { content, ...(call && { toolCalls: [call] }), usage: USAGE }
}

function sendRefusal(outgoing: ServerResponse, api: ModelRequest['api'], refusal: Parameters<typeof refuse>[1]) {
  const { status, headers, body } = refuse(api, refusal)
  outgoing.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

function passOn(url: string, number: string, incoming: IncomingMessage, body: string, outgoing: ServerResponse) {
  const { host: _, 'content-length': __, 'transfer-encoding': ___, ...headers } = incoming.headers
  const passed = ask(
    new URL(incoming.url ?? '/', url),
    { method: incoming.method, headers: { ...headers, 'x-aimock-context': number } },
    (answered) => {
      outgoing.writeHead(answered.statusCode ?? 502, answered.headers)
      answered.pipe(outgoing)
    },
  )
  passed.on('error', (error) => outgoing.writeHead(502).end(error.message))
  passed.end(body)
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
