import { createPrivateKey } from 'node:crypto'
import { UserError } from '../../lib/errors.ts'
import type { ChannelKind, StreamingMode } from '../channel.ts'

export type Credentials = { type: 'token'; token: string } | { type: 'app'; appId: string; privateKey: string }

export interface GitHubSettings {
  credentials: Credentials
  /** Any of these signs what GitHub posts. Never empty. */
  secrets: string[]
  /** Without the @. */
  botName: string
  streaming: StreamingMode
  apiUrl: string | undefined
}

type Given = Readonly<Record<string, string>>

const STREAMING_MODES: readonly string[] = ['stream', 'batch', 'chunks'] satisfies StreamingMode[]

export const SETTINGS: ChannelKind['settings'] = [
  {
    name: 'GITHUB_TOKEN',
    what: 'A personal access token of the account that Drover speaks as, or GH_TOKEN. Left out where a GitHub App is used.',
    example: 'github_pat_…',
    isSecret: true,
    isOptional: true,
  },
  {
    name: 'GITHUB_APP_ID',
    what: 'Instead of a token: the id of a GitHub App',
    example: '123456',
    isOptional: true,
  },
  {
    name: 'GITHUB_APP_PRIVATE_KEY',
    what: 'The private key of that App: the whole .pem file, line breaks may be written as \\n',
    isSecret: true,
    isOptional: true,
  },
  {
    name: 'WEBHOOK_SECRET',
    what: 'The secret of the webhook. Several, with commas between them, while it is changed.',
    isSecret: true,
  },
  {
    name: 'BOT_NAME',
    what: 'What people write behind @ to speak to Drover',
    example: 'coding-assistant',
    isOptional: true,
  },
  {
    name: 'GITHUB_STREAMING_MODE',
    what: 'How answers appear: batch (one comment at the end), stream (one comment grows), chunks (a comment a piece)',
    example: 'batch',
    isOptional: true,
  },
  {
    name: 'GITHUB_API_URL',
    what: 'Where the API is, for GitHub Enterprise',
    example: 'https://github.example.com/api/v3',
    isOptional: true,
  },
]

/**
 * Undefined without WEBHOOK_SECRET: a token alone is for cloning. Throws UserError where the settings do not fit together.
 */
export function readSettings(given: Given): GitHubSettings | undefined {
  const secrets = (given['WEBHOOK_SECRET'] ?? '').split(',').flatMap((secret) => secret.trim() || [])
  if (secrets.length === 0) return undefined
  const botName = (valueOf(given, 'BOT_NAME') ?? 'coding-assistant').replace(/^@/, '')
  if (!/^[a-z\d](?:[\w-]*[a-z\d])?$/i.test(botName))
    throw refuse(`BOT_NAME is ${botName}: it takes letters, digits and hyphens, as a name on GitHub does.`)
  return {
    credentials: credentialsOf(given),
    secrets,
    botName,
    streaming: streamingOf(given),
    apiUrl: apiUrlOf(given),
  }
}

const valueOf = (given: Given, name: string) => given[name]?.trim() || undefined
const refuse = (message: string, cause?: unknown) => new UserError('github-settings', message, { cause })

/** An App that is set goes before a token: the token may be there for cloning. */
function credentialsOf(given: Given): Credentials {
  const token = valueOf(given, 'GITHUB_TOKEN') ?? valueOf(given, 'GH_TOKEN')
  const appId = valueOf(given, 'GITHUB_APP_ID')
  const privateKey = valueOf(given, 'GITHUB_APP_PRIVATE_KEY')?.replaceAll(String.raw`\n`, '\n')
  if (appId !== undefined && privateKey !== undefined) {
    if (!/^\d+$|^Iv[\w.]+$/.test(appId))
      throw refuse(`GITHUB_APP_ID is ${appId}: it is the App ID (a number) on the App's page.`)
    try {
      createPrivateKey(privateKey)
    } catch (error) {
      throw refuse(
        'GITHUB_APP_PRIVATE_KEY is no private key: paste the whole .pem file, with its first and last line.',
        error,
      )
    }
    return { type: 'app', appId, privateKey }
  }
  if (appId !== undefined) throw refuse('GITHUB_APP_PRIVATE_KEY is missing: make a private key on the page of the App.')
  if (privateKey !== undefined) throw refuse('GITHUB_APP_ID is missing: it stands on the page of the App.')
  if (token !== undefined) return { type: 'token', token }
  throw refuse(
    'WEBHOOK_SECRET is set, and GITHUB_TOKEN is missing: without it Drover cannot answer on GitHub. Set it, or GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY.',
  )
}

function streamingOf(given: Given): StreamingMode {
  const mode = valueOf(given, 'GITHUB_STREAMING_MODE') ?? 'batch'
  if (!isStreamingMode(mode))
    throw refuse(`GITHUB_STREAMING_MODE is ${mode}, and must be one of ${STREAMING_MODES.join(', ')}.`)
  return mode
}

const isStreamingMode = (mode: string): mode is StreamingMode => STREAMING_MODES.includes(mode)

function apiUrlOf(given: Given): string | undefined {
  const url = valueOf(given, 'GITHUB_API_URL')?.replace(/\/+$/, '')
  if (url !== undefined && !/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw refuse('GITHUB_API_URL must be a URL, such as https://github.example.com/api/v3.')
  return url
}
