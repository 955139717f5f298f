/**
 * The contract between Drover and the code that runs one kind of agent. One vocabulary for SDK, ACP and one-shot
 * command-line agents. `test/driver-conformance.ts` says in cases what each sentence here means.
 */
import type { Launch } from '../lib/process.ts'

export type ToolKind = 'read' | 'edit' | 'delete' | 'move' | 'search' | 'execute' | 'fetch' | 'think' | 'mcp' | 'other'

export interface FileTouch {
  /** Relative to the workspace where it lies inside it. */
  path: string
  change: 'add' | 'update' | 'delete'
  oldText?: string
  newText?: string
}

/** Tokens and money of one turn. `usd` is null and `basis` 'unknown' where nobody said: never shown as 0. */
export interface Spend {
  inputTokens: number
  outputTokens: number
  cacheReadTokens: number
  cacheWriteTokens: number
  reasoningTokens: number
  usd: number | null
  basis: 'agent' | 'priced' | 'unknown'
}

/** What an agent tells while it works. The whole vocabulary: a driver may not invent more. */
export type AgentEvent =
  /** The resume token, as soon as it is known: it is stored before anything else happens. */
  | { type: 'session'; resume: string; model?: string; agentVersion?: string }
  /** A piece of the answer, in Markdown; pieces join without a separator. */
  | { type: 'text'; text: string }
  | { type: 'thought'; text: string }
  | {
      type: 'tool'
      id: string
      kind: ToolKind
      title: string
      state: 'proposed' | 'running' | 'done' | 'failed' | 'denied'
      files?: FileTouch[]
      input?: unknown
      /** At most 16 KiB: the beginning and the end, with a mark between them where something was cut. */
      output?: string
      /** Only where `output` was cut: the text before that, at most 1 MiB. For an artifact, not for the log. */
      fullOutput?: string
    }
  | { type: 'plan'; items: { text: string; state: 'pending' | 'active' | 'done' }[] }
  | { type: 'notice'; level: 'info' | 'warn'; code: 'retry' | 'auth' | 'cut' | 'fallback' | 'other'; text: string }
  /** The running total of this turn. */
  | { type: 'spend'; total: Spend }

/** Why a turn failed. `tasks/retry-policy.ts` says what follows from each; `docs/failures.md` what each vendor's signs are. */
export type FailureClass =
  | 'auth'
  | 'rate_limit'
  | 'quota'
  | 'invalid_request'
  | 'network'
  | 'overloaded'
  | 'refusal'
  /** A limit that people set in Drover: the gateway refused. */
  | 'budget'
  | 'session_lost'
  /** The session is too long, or something in it makes every further turn fail. */
  | 'session_broken'
  | 'not_installed'
  | 'crashed'
  | 'stalled'
  | 'other'

/** How a turn ended. `status` is the only truth: each driver folds its vendor's quirks into it. */
export type Ending =
  | { status: 'done' }
  | { status: 'cancelled' }
  /** A person must answer first; the process has ended. `question` is what `host.ask` was asked. */
  | { status: 'parked'; question: Ask }
  | { status: 'limit'; limit: 'turns' | 'budget' | 'wall' | 'output' }
  /** `until`: when the vendor's limit is lifted (ISO 8601), where it says so. */
  | { status: 'failed'; why: FailureClass; detail: string; until?: string }

export type Outcome = Ending & {
  /** All `text` events joined. */
  text: string
  resume: string | null
  spend: Spend
  durationMs: number
}

/** Something that a person must answer. */
export interface Ask {
  id: string
  kind: 'permission' | 'question'
  title: string
  toolKind?: ToolKind
  /** The MCP server whose tool it is, where that is known. */
  mcpServer?: string
  input?: unknown
  files?: FileTouch[]
  choices: { id: string; label: string; effect: 'allow' | 'allow_session' | 'deny' | 'pick' }[]
  freeText: boolean
}

/** `park`: nobody answered in time; the turn ends, and goes on later with the answer as its prompt. */
export type Reply = { choose: string } | { text: string } | 'park'

/** What a driver may ask of Drover while a turn runs. */
export interface Host {
  ask(ask: Ask, signal: AbortSignal): Promise<Reply>
}

/** What an agent may do without asking: nothing that changes, ask for each, edit files, everything. */
export type Autonomy = 'readonly' | 'ask' | 'edits' | 'full'

export interface TurnLimits {
  /** From the first moment to the last. */
  wallMs: number
  /** Without a sign of life; stands still while a person is asked. */
  stallMs: number
  /** All events of a turn together; beyond it the turn ends with `limit: 'output'`. */
  outputBytes: number
  /** Answers of the model, for drivers that can count them. */
  turns?: number
  /** Money, for drivers whose agent keeps count itself. Budgets over more than a turn are the gateway's. */
  usd?: number
}

/** A server of the Model Context Protocol: by HTTP, or a program that the agent starts. */
export type McpServer =
  | { name: string; url: string; headers: Readonly<Record<string, string>> }
  | { name: string; command: readonly string[]; env: Readonly<Record<string, string>> }

/** Whose model API an agent speaks. */
export type ModelVendor = 'anthropic' | 'openai' | 'gemini' | 'openrouter'

/** How an agent is pointed at Drover's model gateway: by the two variables that its vendor has for it. */
export interface GatewayVariables {
  vendor: ModelVendor
  url: string
  key: string
}

/** A named agent: which driver runs it, and how. */
export interface AgentProfile {
  name: string
  driver: string
  /** Shown to people. */
  title: string
  /** Program and fixed arguments; the driver knows its own default where this is empty. */
  command: readonly string[]
  /** Names of variables of Drover's own environment that this agent may see. Nothing else gets through. */
  env: readonly string[]
  autonomy: Autonomy
  model?: string
  /** Said at the beginning of each new session. */
  instructions?: string
  mcpServers: readonly McpServer[]
  /** Which workers can run it. */
  workerType: string
  /** Left out: it calls its model itself, with its own login or with what `env` lets through. */
  gateway?: GatewayVariables
  /** Hosts that it may reach through the proxy (`api.example.com`, `*.example.com`, `host:port`); empty: no network. */
  network: readonly string[]
  limits: TurnLimits
  /** How many may run at once over all orgs. */
  maxRunning?: number
}

/** Variables of Drover's own environment that let this agent in: what it sees, and what the gateway keeps for it. */
export const keyNames = ({ env, gateway }: Pick<AgentProfile, 'env' | 'gateway'>): string[] => [
  ...env,
  ...(gateway ? [gateway.key] : []),
]

/** For the person who sent one. */
export const cannotSee = ({ title }: Pick<AgentProfile, 'title'>): string =>
  `${title} takes no pictures: it was told in which file each of them is.`

export interface SessionSpec {
  profile: AgentProfile
  /** Marks all processes of this run. */
  runId: string
  /** Starts a program inside the fence. */
  launch: Launch
  /** As the agent sees them. `home` is private and kept with the workspace; session files belong into `state`, which outlives it. */
  paths: { workspace: string; home: string; state: string }
  /** The whole environment for the agent: already filtered, already without Drover's credentials. */
  env: Readonly<Record<string, string>>
  /** The profile's own, and Drover's for this run. */
  mcpServers: readonly McpServer[]
  resume?: string
}

/**
 * A picture that a person sent with a prompt: PNG, JPEG, GIF or WebP, small enough for every vendor. It also lies in a file, as all
 * that was sent, and the prompt says where.
 */
export interface TurnPicture {
  /** As the agent sees it. */
  path: string
  mediaType: string
  content: Uint8Array
}

/** One prompt and all that follows from it. Iterate it to its end, then await `outcome`. */
export interface Turn extends AsyncIterable<AgentEvent> {
  /** Soft stop first; after four seconds the whole process tree is killed. */
  cancel(): void
  /** Never rejects. */
  readonly outcome: Promise<Outcome>
}

export interface Session {
  /** One at a time. `pictures` are for agents with `images`; the others leave them out. */
  turn(prompt: string, limits: TurnLimits, pictures?: readonly TurnPicture[]): Turn
  /** Ends every process of the session. */
  close(): Promise<void>
}

export interface Capabilities {
  /** A session can be resumed in a new process. */
  resume: boolean
  /** It asks before it acts. */
  permissions: boolean
  /** It can put questions to a person. */
  questions: boolean
  spend: boolean
  plan: boolean
  /** It tells its answer in pieces while it writes. */
  pieces: boolean
  /** It takes MCP servers. */
  mcp: boolean
  /** It can be shown pictures. */
  images: boolean
}

export interface Probe {
  installed: boolean
  version?: string
  /** Where the program was found. */
  path?: string
  auth: 'ok' | 'missing' | 'unknown' | 'not_needed'
  /** What to do next, in one sentence; left out where nothing is to do. */
  hint?: string
}

export interface Driver {
  readonly capabilities: Capabilities
  /** Is it here, is it logged in? Opens no credential file, calls no model. `env` is Drover's own environment. */
  probe(profile: AgentProfile, env: NodeJS.ProcessEnv): Promise<Probe>
  /** What the profile wants and this kind of agent cannot do, a sentence each; shown by `drover agents` and at the start of a session. */
  shortcomings(profile: AgentProfile): string[]
  /** Host paths that its program needs to see, read-only, inside the fence. */
  tools(profile: AgentProfile, env: NodeJS.ProcessEnv): Promise<string[]>
  open(spec: SessionSpec, host: Host): Promise<Session>
}
