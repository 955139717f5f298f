/** The kernel refuses a longer single argument (MAX_ARG_STRLEN on Linux, with room for what stands around it). */
const MAX_ARGUMENT_BYTES = 120 * 1024

export interface Delivery {
  args: string[]
  /** What goes to stdin; it is closed behind it. */
  stdin: string
  /** Where the prompt must lie as a file before the command starts. */
  file?: string
}

export interface DeliveryParts {
  args: readonly string[]
  prompt: string
  model: string
  home: string
}

/** By `{prompt}` in an argument, by `{promptFile}`, or by stdin where neither occurs. */
export function planDelivery({ args, prompt, model, home }: DeliveryParts): Delivery {
  const file = `${home}/.drover-prompt.md`
  const takes = (placeholder: string) => args.some((arg) => arg.includes(placeholder))
  if (takes('{prompt}') && Buffer.byteLength(prompt) > MAX_ARGUMENT_BYTES) {
    throw new Error(
      'invalid request: this prompt is too long for an argument; use {promptFile} in the agent’s command.',
    )
  }
  const values: Record<string, string> = { prompt, promptFile: file, model, home }
  // All in one go: a prompt that speaks of {home} is left as it is.
  const filled = args.map((arg) =>
    arg.replace(/\{(prompt|promptFile|model|home)\}/g, (_, name: string) => values[name] ?? ''),
  )
  if (takes('{promptFile}')) return { args: filled, stdin: '', file }
  return { args: filled, stdin: takes('{prompt}') ? '' : prompt }
}
