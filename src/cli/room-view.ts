import type { ConsoleMessage } from '../http/wire.ts'
import { plainText } from '../lib/log.ts'
import { oneLine, type Output } from './output.ts'
import type { Room } from './room.ts'
import type { Screen } from './screen.ts'

type Shows = Pick<Room, 'messages' | 'isOwn'>
type Shown = Extract<ConsoleMessage, { by: 'drover' }>

/** Shows what stands in a room, each thing as often as it says something new. */
export interface RoomView {
  show(room: Shows): void
  /** What stands there now is known already; what lives is not. */
  skip(room: Shows): void
}

/** For who does not look on: each thing in its last form. */
export function createFinalView(print: (message: ConsoleMessage) => void): RoomView {
  const news = rememberShown()
  return {
    skip: ({ messages }) => messages().filter(isOld).forEach(news),
    show({ messages, isOwn }) {
      for (const message of messages()) {
        const isReady = message.by === 'person' ? !isOwn(message.id) : message.isFinal && message.text !== ''
        if (isReady && news(message)) print(message)
      }
    },
  }
}

/** In a terminal: answers as they grow, and below them the cards of what goes on. */
export function createLiveView(screen: Screen, out: Output): RoomView {
  const news = rememberShown()
  const answers = new Map<string, Answer>()
  let lastPrinted: string | undefined

  function print(id: string, text: string) {
    if (text === '') return
    const isOther = lastPrinted !== undefined && lastPrinted !== id
    lastPrinted = id
    screen.print(`${isOther ? '\n' : ''}${text}`)
  }

  /** Whole lines stand for good. Returns the one that is being written. */
  function grow({ id, text, isFinal }: Shown): string {
    const { printed, tail } = answers.get(id) ?? { printed: '', tail: '' }
    const plain = plainText(text)
    const whole = isFinal ? `${plain.trimEnd()}\n` : plain.slice(0, plain.lastIndexOf('\n') + 1)
    const rest = isFinal ? '' : plain.slice(whole.length)
    if (whole.startsWith(printed)) print(id, whole.slice(printed.length))
    // The end may be less than what was said on the way; what is new in it is said.
    else if (!`${printed}${tail}`.trimEnd().endsWith(whole.trim())) print(id, `\n${whole}`)
    else if (tail !== '') print(id, `${tail}\n`)
    answers.set(id, { printed: whole, tail: rest })
    return rest
  }

  return {
    skip: ({ messages }) => messages().filter(isOld).forEach(news),
    show({ messages, isOwn }) {
      const all = messages()
      const writing: string[] = []
      const cards: string[] = []
      const ended: Shown[] = []
      const isAnswering = (taskId: string | null) =>
        all.some(
          (message) =>
            message.by === 'drover' && message.kind === 'answer' && message.taskId === taskId && !message.isFinal,
        )
      for (const message of all) {
        if (message.by === 'person') {
          if (!isOwn(message.id) && news(message)) print(message.id, saidText(message, out))
        } else if (message.text === '') continue
        else if (message.kind === 'answer') {
          if (message.isFinal && !answers.has(message.id) && !news(message)) continue
          const rest = grow(message)
          if (rest !== '') writing.push(rest)
        } else if (message.kind === 'card' && (!message.isFinal || isAnswering(message.taskId))) {
          cards.push(...plainText(message.text).trimEnd().split('\n'))
        } else if (message.kind === 'card') ended.push(message)
        else if (news(message)) print(message.id, shownText(message, out))
      }
      // How it ended stands behind what was answered.
      for (const card of ended) if (news(card)) print(card.id, shownText(card, out))
      screen.live([...writing, ...cards])
    },
  }
}

interface Answer {
  /** Of it, what stands there for good, and the line behind that. */
  printed: string
  tail: string
}

const isOld = (message: ConsoleMessage) => message.by === 'person' || (message.isFinal && message.question === null)

/** Says of each message whether it shows something that it did not show before. */
function rememberShown() {
  const faces = new Map<string, string>()
  return (message: ConsoleMessage): boolean => {
    const isOpen = message.by === 'drover' && message.question !== null
    const face = `${isOpen ? '?' : ''}${message.text}`
    if (faces.get(message.id) === face) return false
    faces.set(message.id, face)
    return true
  }
}

/** What somebody else said, here or elsewhere. */
export const saidText = (message: ConsoleMessage, out: Output): string =>
  message.by === 'person'
    ? `${out.noteStyle('cyan', `${oneLine(message.name)} (${message.channel}):`)} ${plainText(message.text)}`
    : ''

export function shownText({ kind, text, question }: Shown, out: Output): string {
  const plain = plainText(text).trimEnd()
  switch (kind) {
    case 'card':
      return out.noteStyle('dim', plain)
    case 'question': {
      const choices = (question?.choices ?? []).map(({ label }, index) => `  ${index + 1}) ${oneLine(label)}`)
      return question ? [out.noteStyle('bold', plain), ...choices].join('\n') : out.noteStyle('dim', plain)
    }
    case 'text':
    case 'answer':
      return plain
  }
}
