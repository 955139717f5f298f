/** What a case of the channel contract is given: a channel, and a fake of its platform. */
import type { Channel, ChannelHost, Place } from '../../src/channels/channel.ts'
import type { TestStore } from '../channel-host.ts'

/** One kind of channel, and a fake of its platform. */
export interface ChannelSubject {
  /** As it stands in the test's report. */
  name: string
  /** What people cannot do there: cases that need it are left out. */
  lacks?: readonly Ability[]
  /** A platform of its own on a port of its own, and a store of its own. */
  open(): Promise<Stage>
}

/** What not every platform has. */
type Ability =
  /** People send them to the bot. */
  | 'files'
  /** Rooms in which others speak as well, and not all that is said is said to the bot. */
  | 'groups'
  /** Who speaks there may give commands. */
  | 'commands'
  | 'buttons'
  /** What was sent can be changed, and can be removed. */
  | 'edits'
  /** Markdown is shown as what it means. */
  | 'marks'
  /** The platform lets the bot in as a whole, by a token, or does not. */
  | 'login'

export interface Stage extends AsyncDisposable {
  store: TestStore
  /** The channel of one process: same settings and same platform each time. Not started. */
  create(host: ChannelHost): Channel
  platform: Platform
}

/** What a person sees and does on the platform. One person, one bot, one room for both alone and one with others. */
export interface Platform {
  /** Who speaks below: as `Actor` has it. */
  person: { id: string; name: string }
  /** Where the bot speaks, if not where it was spoken to. */
  speaksIn?: Place
  /** Says it to the bot alone, in a direct message. */
  say(text: string): Promise<void>
  /** Says it in a group of which the bot is a member, not to the bot. */
  sayToOthers(text: string): Promise<void>
  /** What does not mention the bot is nothing to it there, and never stored. */
  hearsMentionsOnly?: boolean
  /** Says it in that group, in a thread if the platform has threads, and mentions the bot. */
  mention(text: string): Promise<void>
  /** Gives `text`, a command such as `/command-invoke plan`, to the bot alone, in the form in which people must write it there. */
  command(text: string): Promise<void>
  /** Presses the button that reads `label` under a message of the bot. */
  press(place: Place, messageId: string, label: string): Promise<void>
  /** The platform delivers what it delivered last once more, as it does when it believes that it did not arrive. */
  redeliver(): Promise<void>
  /** The bot's messages in this place (its thread, where it has one), as a person sees them now, oldest first. */
  shown(place: Place): Promise<Shown[]>
  /** The person removes one of the bot's messages. */
  remove(place: Place, messageId: string): Promise<void>
  /** The person throws the bot out of this room, or blocks it. */
  throwOut(place: Place): Promise<void>
  /** Whether the platform knows the bot's token. */
  setTokenValid(isValid: boolean): void
  /** What befalls the next message or edit that the bot sends. */
  fault(fault: Fault): void
  /** Cuts every connection that the bot holds at this moment. */
  dropConnections(): void
  /** How many connections wait at this moment for something to be said: long polls, WebSockets. */
  listeners(): number
  /** Left out where it lacks `files`. */
  files?: {
    /** Sends it to the bot alone, with these words, in one message. */
    send(file: SentFile, text: string): Promise<void>
    /** The platform has no more what was sent last. */
    removeLast(): Promise<void>
  }
}

export interface SentFile {
  name: string
  mediaType: string
  content: Uint8Array
  /** Speech, as the platform's own button records it. Its name is then the platform's. */
  isVoice?: boolean
}

export type Fault =
  /** Too fast: the platform says to come back after `RATE_SECONDS`. */
  | 'rate'
  | 'server-error'
  /** The connection breaks before the platform looked at it. */
  | 'drop-before'
  /** The connection breaks when it is done: the message is there, the bot was not told. */
  | 'drop-after'

export const RATE_SECONDS = 7

/** One message, as it looks to a person. */
export interface Shown {
  /** As `send` returned it and `edit` takes it. '' for a file that has a message of its own. */
  id: string
  /** What is read: without marks such as ** or ``` where the platform renders them. */
  text: string
  /** What stands in code blocks and inline code. */
  code: string[]
  /** Where links lead. */
  links: string[]
  /** Labels, in order. */
  buttons: string[]
  files: { name: string; content: string }[]
  /** Whom it notified by a mention: names, ids, `everyone`. */
  notified: string[]
}

export interface ChannelCase {
  name: string
  /** Left out where the platform lacks one of these. */
  needs?: readonly Ability[]
  check(stage: Stage): Promise<void>
}
