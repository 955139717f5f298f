import { consoleChannel } from '../src/channels/console/console.ts'
import { asSystem } from '../src/db/scope.ts'
import { startInbound } from '../src/inbound/handle-inbound.ts'
import { createLog } from '../src/lib/log.ts'
import { DEFAULT_ORG } from '../src/orgs/org.ts'
import { startOutbound } from '../src/outbound/deliver.ts'
import { registerChannel } from '../src/places/channel-store.ts'
import { createTestStore } from './channel-host.ts'
import type { TestApi } from './http-kit.ts'

/** The console belongs to the first org, and `others` are known as its channels, too. */
export async function registerConsole({ database }: Pick<TestApi, 'database'>, others: string[] = []): Promise<void> {
  await asSystem(database, async (db) => {
    for (const name of ['console', ...others]) await registerChannel(db, { name, orgId: DEFAULT_ORG, kind: name })
  })
}

/** What people say in terminals is handled, and answered, until disposed of. On other channels nobody is known. */
export async function startConsole({ database }: Pick<TestApi, 'database'>): Promise<AsyncDisposable> {
  await registerConsole({ database })
  const log = createLog({ level: 'silent', pretty: false, secrets: {} })
  const channels = new Map([['console', consoleChannel.create({}, createTestStore().createHost())]])
  const outbound = startOutbound({ database, log, channels })
  const inbound = startInbound({
    database,
    log,
    channels,
    agents: { defaultName: 'scripted', names: ['scripted', 'aider'] },
    workspaceRoot: '/workspace',
    busyMode: () => 'queue',
    allowed: (channel) => (channel === 'console' ? 'everybody' : new Set()),
  })
  return {
    async [Symbol.asyncDispose]() {
      await inbound.stop()
      await outbound.stop()
    },
  }
}
