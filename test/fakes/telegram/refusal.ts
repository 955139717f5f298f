/** What the Bot API answers instead of a result. */
export class Refusal extends Error {
  readonly code: number
  readonly parameters: { retry_after?: number; migrate_to_chat_id?: number } | undefined
  constructor(code: number, description: string, parameters?: Refusal['parameters']) {
    super(description)
    this.name = 'Refusal'
    this.code = code
    this.parameters = parameters
  }
}

export const tooMany = (seconds: number) =>
  new Refusal(429, `Too Many Requests: retry after ${seconds}`, { retry_after: seconds })
