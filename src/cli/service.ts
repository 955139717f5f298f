import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { addressOf, type Config } from '../config.ts'
import { UserError, codeOf } from '../lib/errors.ts'
import type { Cli } from './cli.ts'
import { createClient, serviceAway, type Client } from './client.ts'
import { Refused } from './refused.ts'

const LOOK_MS = 3_000

/** Open until `close`: the service that runs, or one that was started for this command alone. */
export interface OpenService {
  client: Client
  close(): Promise<void>
}

/** The service that DROVER_URL names, else the one of this machine. `UserError('service-away')`, `UserError('no-key')`. */
export async function connect(cli: Cli): Promise<Client> {
  const config = await cli.parts.config()
  const url = addressOf(config)
  await assertThere(url)
  return createClient(url, await keyOf(config, url))
}

/**
 * As `connect`; where none runs on this machine that takes the key of this machine, everything is started in this process.
 * What listens on the port may serve another data folder.
 */
export async function connectOrStart(cli: Cli): Promise<OpenService> {
  const { DROVER_URL, DROVER_API_KEY } = await cli.parts.config()
  try {
    const client = await connect(cli)
    if (DROVER_URL === undefined && DROVER_API_KEY === undefined) await client.get('/v1/tasks?limit=1')
    return { client, close: async () => undefined }
  } catch (error) {
    const isElsewhere = error instanceof Refused && error.problem.status === 401
    const isNotHere = isElsewhere || ['service-away', 'no-key'].includes(codeOf(error) ?? '')
    if (!isNotHere || DROVER_URL !== undefined || DROVER_API_KEY !== undefined) throw error
  }
  cli.out.note(cli.out.noteStyle('dim', 'No service runs here; starting one for this command.'))
  const service = await cli.parts.startService({ port: 0, quiet: true })
  return { client: createClient(service.url, service.apiKey), close: () => service.stop() }
}

/** Before the key is sent anywhere: whatever listens there must look like a Drover. */
async function assertThere(url: string) {
  const response = await fetch(new URL('/health', url), { signal: AbortSignal.timeout(LOOK_MS) }).catch(
    (error: unknown) => {
      throw serviceAway(url, error)
    },
  )
  const health: unknown = await response.json().catch(() => undefined)
  if (typeof health === 'object' && health !== null && 'fence' in health) return
  throw serviceAway(url, new Error('something else listens there'))
}

async function keyOf({ DROVER_API_KEY, home }: Config, url: string): Promise<string> {
  if (DROVER_API_KEY !== undefined) return DROVER_API_KEY
  const file = join(home, 'api-key')
  return readFile(file, 'utf8').then(
    (key) => key.trim(),
    (cause: unknown) => {
      throw new UserError(
        'no-key',
        `There is no key for ${url}: ${file} cannot be read (${codeOf(cause)}). Put a key into DROVER_API_KEY; whoever runs the service makes one with: drover key create NAME`,
        { cause },
      )
    },
  )
}
