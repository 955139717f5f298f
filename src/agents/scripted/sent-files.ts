import type { ContentBlock } from '@agentclientprotocol/sdk'

/** A prompt, apart from what was sent with it. */
export interface Told {
  text: string
  /** Each as Drover names it: its path, and what kind it is. */
  files: string[]
  pictures: { mediaType: string; bytes: number }[]
}

/** Drover says it behind everything else; no step is in that. */
const SENT_WITH_THIS = /\n\nSent with this, outside of the repository: (.*)$/

export function readPrompt(blocks: readonly ContentBlock[]): Told {
  const whole = blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n')
  const [, files] = SENT_WITH_THIS.exec(whole) ?? []
  const pictures = blocks.flatMap((block) =>
    block.type === 'image' ? [{ mediaType: block.mimeType, bytes: Buffer.from(block.data, 'base64').length }] : [],
  )
  return { text: whole.replace(SENT_WITH_THIS, ''), files: files?.split(', ') ?? [], pictures }
}

export function describeFiles({ files, pictures }: Told): string {
  const told = [
    ...files.map((file) => `- file: ${file}`),
    ...pictures.map(({ mediaType, bytes }) => `- picture: ${mediaType}, ${bytes} bytes`),
  ]
  return told.length === 0 ? 'Nothing was sent with this.' : `Sent with this:\n${told.join('\n')}`
}
