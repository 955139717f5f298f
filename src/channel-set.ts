/** The channels of this process, and what each of them gets of Drover. */
import type { Channel, ChannelHost } from './channels/channel.ts'
import { CHANNEL_KINDS } from './channels/registry.ts'
import type { Config } from './config.ts'
import type { Database } from './db/connect.ts'
import { createOnlyOne } from './db/only-one.ts'
import { asSystem, onceAsSystem } from './db/scope.ts'
import { OFFERED_COMMANDS } from './inbound/commands/registry.ts'
import { storeIgnored, storeSaid } from './inbox/store.ts'
import type { Log } from './lib/log.ts'
import type { Sealer } from './lib/seal.ts'
import { DEFAULT_ORG } from './orgs/org.ts'
import { findCredentials, noteChannel, readCursor, registerChannel, saveCursor } from './places/channel-store.ts'

interface ChannelParts {
  config: Config
  database: Database
  log: Log
  sealer: Sealer
}

/** The channels that the settings describe; `UserError` where they do not fit together. None of them runs yet. */
export async function openChannels({ config, database, log, sealer }: ChannelParts): Promise<Map<string, Channel>> {
  const onlyOne = createOnlyOne(database)
  const channels = new Map<string, Channel>()
  for (const [kind, { needs, load }] of Object.entries(CHANNEL_KINDS)) {
    if (needs.length > 0 && !needs.some((name) => config.channels[name] !== undefined)) continue
    const { create } = await load()
    const channel = create(
      config.channels,
      hostOf({ name: kind, database, log: log.child({ channel: kind }), onlyOne, sealer }),
    )
    if (!channel) continue
    await asSystem(database, (db) => registerChannel(db, { name: channel.name, orgId: DEFAULT_ORG, kind }))
    channels.set(channel.name, channel)
  }
  return channels
}

interface HostParts {
  name: string
  database: Database
  log: Log
  onlyOne: ReturnType<typeof createOnlyOne>
  sealer: Sealer
}

function hostOf({ name, database, log, onlyOne, sealer }: HostParts): ChannelHost {
  return {
    commands: OFFERED_COMMANDS,
    take: (event) => onceAsSystem(database, (db) => storeSaid(db, DEFAULT_ORG, event)),
    noteIgnored: (ignored) => onceAsSystem(database, (db) => storeIgnored(db, DEFAULT_ORG, ignored)),
    report(health) {
      const reason = health.isUp ? null : health.reason
      if (reason !== null) log.warn(reason)
      // A note for people: the connection itself does not hang on it.
      onceAsSystem(database, (db) => noteChannel(db, name, health.isUp, reason)).catch((error: unknown) =>
        log.warn({ err: error }, 'the state of a channel could not be noted'),
      )
    },
    asOnlyOne: (what, signal, work) => onlyOne(`channel:${name}:${what}`, signal, work),
    readCursor: () => onceAsSystem(database, (db) => readCursor(db, name)),
    saveCursor: (cursor) => onceAsSystem(database, (db) => saveCursor(db, name, cursor)),
    async readCredentials(tenant) {
      const sealed = await onceAsSystem(database, (db) => findCredentials(db, name, tenant))
      return sealed && (JSON.parse(sealer.open(sealed, sealFor(name, tenant))) as Record<string, string>)
    },
    log: (message) => log.info(message),
  }
}

/** What a sealed credential is bound to: moved to another tenant it does not open. */
export const sealFor = (channel: string, tenant: string) => `${channel}/${tenant}`
