/**
 * The contract between Drover and one platform on which people speak. A channel is one configured connection: a Telegram bot, a
 * Slack app. It verifies and parses what comes in, and sends what goes out; it decides nothing and keeps nothing.
 * `test/channel-contract.ts` says in cases what each sentence here means.
 */
import type { Running } from '../lib/running.ts'

/** Where somebody said something: as precise as an answer must be to arrive in the same thread. Empty where a platform has none. */
export interface Place {
  /** Name of the channel: `telegram`, `slack`. */
  channel: string
  /** A Slack workspace, a Discord server. */
  tenant: string
  /** A chat, a channel, a repository's issue. */
  room: string
  thread: string
}

/** Who said it, as the platform names them. */
export interface Actor {
  id: string
  /** What people see: a handle, a display name. */
  name: string
  isBot: boolean
  /** The id is of this tenant: in another one it may be somebody else's. */
  isOfTenant?: boolean
}

/** A file that came with a message. Its content is fetched later, once it is known that whoever sent it may speak here. */
export interface Attachment {
  /** `voice`: recorded speech, to be read as the message's words. */
  kind: 'voice' | 'image' | 'file'
  /** By what `fetchFile` finds it again, a restart later as well: an id or an address, without credentials. */
  ref: string
  name: string
  mediaType: string
  /** Where the platform says so. */
  bytes?: number
  seconds?: number
}

interface Said {
  /** Of the content itself, not of its delivery: the same words redelivered have the same key. Unique within the channel. */
  key: string
  place: Place
  actor: Actor
  /** When it was said, ISO 8601. */
  at: string
  /** Where people find it: what they paste into `drover why`. */
  link?: string
  /** What the place is about, where the platform says so: an issue of a repository. Its conversation works on that one. */
  about?: { repository: string; defaultBranch: string; title: string }
  /** The platform vouches for who said it: they may change the repository that the place is about. Then no allow-list is asked. */
  isVouchedFor?: boolean
}

/** What comes in, in our words. */
export type Inbound =
  | (Said & {
      type: 'message'
      /** Without the mention of the bot. A command begins with `/`. */
      text: string
      /** Id of the message, as `edit` takes it. */
      messageId: string
      /** Meant for us: said to the bot alone, mentions it, answers it, or is a command of ours. */
      isAddressed: boolean
      /** Nobody reads this place but its author and we. */
      isPrivate?: boolean
      /** Id of the message that it answers. */
      replyTo?: string
      /** A message may be nothing but these: then `text` is empty. */
      attachments?: Attachment[]
    })
  /** A button was pressed. */
  | (Said & { type: 'choice'; questionId: string; choiceId: string; messageId: string })

/** What arrived and is nothing to us: kept for who asks why nothing happened, without its words. */
export interface Ignored {
  key: string
  place: Place
  actor: Actor
  at: string
  link?: string
  /** Why it is nothing to us, for people. */
  reason: string
}

/** Buttons under a message. `drover` ids are short: Telegram gives them 64 bytes, both together. */
export interface Choices {
  questionId: string
  options: { id: string; label: string; style?: 'primary' | 'danger' }[]
}

export interface Outgoing {
  /** At most `limits.text` long. The channel renders it, and takes the bite out of mentions: nothing in it may notify anybody. */
  markdown: string
  choices?: Choices
  /** Sent with the message, or right behind it. */
  file?: { name: string; mediaType: string; content: Uint8Array }
  /** Need not make a sound. */
  isQuiet?: boolean
}

export interface SendOptions {
  /** The same for each attempt to send the same thing. */
  idempotencyKey: string
  signal: AbortSignal
}

export interface ChannelLimits {
  /** Longest `markdown` of one message. */
  text: number
  /** More pieces than this become a file. */
  pieces: number
  /** Between two messages in one place, and between two edits of one message. */
  sendGapMs: number
  editGapMs: number
  /** Largest file in bytes; 0: it takes none. */
  fileBytes: number
  /** A second send with the same key is the same message: after a crash nothing is doubled. */
  idempotentSend: boolean
}

/** `stream`: the answer grows while it is written, one message edited. `chunks`: each piece a message of its own. `batch`: one message at the end. */
export type StreamingMode = 'stream' | 'batch' | 'chunks'

/** What a platform may offer when somebody types `/`: the name has no slash, and may have hyphens. */
export interface OfferedCommand {
  name: string
  about: string
}

/** What a channel needs of Drover. */
export interface ChannelHost {
  readonly commands: readonly OfferedCommand[]
  /** Resolves once it is stored, new or known already. Only then may the platform be told that it has arrived. It throws while the database is away. */
  take(event: Inbound): Promise<'new' | 'duplicate'>
  /** Once, by its key. */
  noteIgnored(ignored: Ignored): Promise<void>
  /** Whether the connection stands; the reason is a sentence for people that says what to do. */
  report(health: { isUp: true } | { isUp: false; reason: string }): void
  /** Runs `work` in one process at a time, of all that share the database; waits for its turn. The signal ends when the turn is lost or `signal` aborts. */
  asOnlyOne(name: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void>
  /** Where catching up goes on after a restart: small, JSON. */
  readCursor(): Promise<unknown>
  saveCursor(cursor: unknown): Promise<void>
  /** Credentials of a tenant (a Slack workspace that installed the app), encrypted at rest. */
  readCredentials(tenant: string): Promise<Record<string, string> | undefined>
  log(message: string): void
}

/** What a platform posts. */
export interface TestPost {
  headers: Record<string, string>
  body: string
}

/** Posts that change nothing, for `drover doctor`: whoever verifies them as we do takes the first, and refuses the second. */
export interface TestPosts {
  /** Left out where only the platform can sign. */
  genuine?: TestPost
  /** Its signature is wrong. */
  forged: TestPost
  /** Where the platform posts, if the settings of the channel say so: whole, with the path. */
  url?: string
}

/** Looks accounts up, so that people can prove one to be theirs without saying a word to us there. Throws ChannelError: `invalid` and `gone` with a sentence for them. */
export interface Accounts {
  /** Where to put a code, as an order: `Make a public gist with this code in it`. */
  proofHint: string
  /** What stands on a page that only its author can write. */
  readProof(url: string, signal: AbortSignal): Promise<{ author: Actor; text: string }>
  /** The account of this id or name. */
  find(account: string, signal: AbortSignal): Promise<Actor>
}

export interface Channel {
  /** As in `Place.channel`. */
  readonly name: string
  readonly limits: ChannelLimits
  readonly streaming: StreamingMode
  /** Who we are there, in a sentence; throws ChannelError when the platform refuses us. */
  check(): Promise<string>
  /** Receives from now on, by itself, through drops and refusals, until stopped. What was said while nobody listened comes first. Never throws: it reports. */
  start(): Running
  /** What the platform posts to `/webhooks/<name>`. Left out where nothing is posted. `arrivedAt`: now, or when a relay took it: how old a signature may be is measured by that. */
  receive?(request: Request, arrivedAt?: Date): Promise<Response>
  /** Where `receive` is. */
  testPosts?(): TestPosts
  /** Returns the message's id, as `edit` takes it. */
  send(place: Place, message: Outgoing, options: SendOptions): Promise<string>
  /** Shows `message` in its stead; without `choices` its buttons go. That it looks so already is a success. `gone` where the message is no more. */
  edit(place: Place, messageId: string, message: Outgoing, signal: AbortSignal): Promise<void>
  /** The content of a file that came with a message. `invalid`: larger than `maxBytes`; `gone`: no more there. */
  fetchFile?(place: Place, file: Attachment, options: { maxBytes: number; signal: AbortSignal }): Promise<Uint8Array>
  /** What git may reach a repository of the platform with; undefined where it is not the platform's. Throws ChannelError. */
  gitToken?(repositoryUrl: string, signal: AbortSignal): Promise<string | undefined>
  /** Left out where accounts cannot be looked up. */
  readonly accounts?: Accounts
}

/** What a platform answered. `src/outbound` decides by `kind` what follows. */
export class ChannelError extends Error {
  readonly kind: ChannelErrorKind
  readonly retryAfterMs: number | undefined
  constructor(kind: ChannelErrorKind, message: string, options: ErrorOptions & { retryAfterMs?: number } = {}) {
    super(message, options)
    this.name = 'ChannelError'
    this.kind = kind
    this.retryAfterMs = options.retryAfterMs
  }
}

export type ChannelErrorKind =
  /** Too fast; not sent. */
  | 'rate'
  /** It may have arrived or not: a time-out, a drop, 5xx. Tried again. */
  | 'transient'
  /** Our credentials are refused: nothing of this channel goes until a person mends that. */
  | 'auth'
  /** The room, thread or message is no more, or we were thrown out. */
  | 'gone'
  /** It will never take this. */
  | 'invalid'

/** One kind of channel: a folder here, a line in `registry.ts`. */
export interface ChannelKind {
  /** How people write it: `Telegram`. */
  title: string
  /** The channel that these settings describe (values by the names in `settings`), or undefined where they name none. `UserError` where they do not fit together. */
  create(settings: Readonly<Record<string, string>>, host: ChannelHost): Channel | undefined
  /** What it needs, in the order in which a person comes by it. `drover setup` asks for these. */
  settings: { name: string; what: string; example?: string; isSecret?: boolean; isOptional?: boolean }[]
  setup: {
    /** What to do at the platform, a sentence each, in order. */
    steps: string[]
    /** What to paste there, where the platform takes its settings as text. */
    manifest?: string
    /** How to find one's own id there, for the allow-list. */
    ownId: string
    /** Where `drover setup <kind> --send-to <place>` sends its test message: the place meant by what the person gave. */
    placeOf(given: string): Omit<Place, 'channel'>
  }
}
