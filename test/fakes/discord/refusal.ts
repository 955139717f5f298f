/** What Discord answers instead of what was asked for. https://docs.discord.com/developers/topics/opcodes-and-status-codes */
export class Refusal extends Error {
  readonly status: number
  readonly body: Record<string, unknown>
  readonly headers: Record<string, string>
  constructor(
    status: number,
    code: number,
    message: string,
    more: { body?: object; headers?: Record<string, string> } = {},
  ) {
    super(message)
    this.status = status
    this.body = { message, code, ...more.body }
    this.headers = more.headers ?? {}
  }
}

/** One field of a form that is not as it must be: `components.0.label`. */
export function invalidForm(field: string, code: string, message: string): Refusal {
  const leaf: object = { _errors: [{ code, message }] }
  const errors = field.split('.').reduceRight<object>((inner, name) => ({ [name]: inner }), leaf)
  return new Refusal(400, 50_035, 'Invalid Form Body', { body: { errors } })
}

export const tooMany = (seconds: number, headers: Record<string, string> = {}) =>
  new Refusal(429, 0, 'You are being rate limited.', {
    body: { code: undefined, retry_after: seconds, global: false },
    headers: { 'retry-after': String(seconds), ...headers },
  })

export const unauthorized = () => new Refusal(401, 0, '401: Unauthorized')
export const unknownChannel = () => new Refusal(404, 10_003, 'Unknown Channel')
export const unknownMessage = () => new Refusal(404, 10_008, 'Unknown Message')
export const unknownInteraction = () => new Refusal(404, 10_062, 'Unknown interaction')
export const missingAccess = () => new Refusal(403, 50_001, 'Missing Access')
