import type { ServerResponse } from 'node:http'
import type { ModelVendor } from '../agents/driver.ts'

/** Anthropic's and OpenAI's word, and Google's, for each status that comes from us and not from the vendor. */
const TYPES = {
  400: ['invalid_request_error', 'INVALID_ARGUMENT'],
  401: ['authentication_error', 'UNAUTHENTICATED'],
  404: ['not_found_error', 'NOT_FOUND'],
  413: ['request_too_large', 'INVALID_ARGUMENT'],
  426: ['invalid_request_error', 'FAILED_PRECONDITION'],
  429: ['rate_limit_error', 'RESOURCE_EXHAUSTED'],
  500: ['api_error', 'INTERNAL'],
  502: ['api_error', 'UNAVAILABLE'],
} as const

/** Answers in the vendor's own error shape, so that agents show the sentence and know whether to try again (never at 400). */
export function refuse(
  response: ServerResponse,
  vendor: ModelVendor | undefined,
  status: keyof typeof TYPES,
  message: string,
): undefined {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return undefined
  }
  const [type, googleType] = TYPES[status]
  const body =
    vendor === 'anthropic'
      ? { type: 'error', error: { type, message } }
      : vendor === 'gemini'
        ? { error: { code: status, message, status: googleType } }
        : { error: { message, type, param: null, code: null } }
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  return undefined
}
