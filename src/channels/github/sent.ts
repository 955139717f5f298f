/** What this process sent lately and still needs to know. Another process asks GitHub. */
export interface Sent {
  note(messageId: string, marker: string, questionId?: string): void
  markerOf(messageId: string): string | undefined
  /** The comment that asked a question. */
  messageOf(questionId: string): string | undefined
}

const MOST = 2000

export function createSent(): Sent {
  const markers = new Map<string, string>()
  const questions = new Map<string, string>()
  const keep = (map: Map<string, string>, key: string, value: string) => {
    if (map.size >= MOST) map.clear()
    map.set(key, value)
  }
  return {
    note(messageId, marker, questionId) {
      keep(markers, messageId, marker)
      if (questionId !== undefined) keep(questions, questionId, messageId)
    },
    markerOf: (messageId) => markers.get(messageId),
    messageOf: (questionId) => questions.get(questionId),
  }
}
