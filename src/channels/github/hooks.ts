import { z } from 'zod'
import type { ChannelHost } from '../channel.ts'

/** Where GitHub keeps what it delivered to us: `/repos/o/r/hooks/1`, `/orgs/o/hooks/1`, `/app/hook`. */
export interface Hook {
  path: string
  /** Whose rights show it; none for the App's own. */
  repository?: string | undefined
  /** Deliveries up to here were looked at, ISO 8601. */
  until?: string | undefined
}

/** The webhooks that post to us, as their deliveries name them: small, and the same for all processes. */
export interface Hooks {
  /** Of a genuine delivery. */
  note(headers: Headers, body: unknown): void
  all(): Promise<Hook[]>
  lookedAt(hook: Hook, until: string): void
  /** Stores what is new. */
  save(): Promise<void>
}

const MOST = 200

const cursor = z.object({
  hooks: z.array(z.object({ path: z.string(), repository: z.string().optional(), until: z.string().optional() })),
})
const names = z.object({
  repository: z.object({ full_name: z.string() }).optional(),
  organization: z.object({ login: z.string() }).optional(),
})
const ROOM = /^[\w.-]+\/[\w.-]+$/

export function createHooks({ readCursor, saveCursor }: Pick<ChannelHost, 'readCursor' | 'saveCursor'>): Hooks {
  /** Not stored yet, by path. */
  const news = new Map<string, Hook>()
  const known = new Set<string>()

  /** Others write it as well: what is here is the newest of each. */
  async function merged() {
    const stored = cursor.safeParse(await readCursor()).data?.hooks ?? []
    const byPath = new Map<string, Hook>(stored.map((hook) => [hook.path, hook]))
    for (const hook of news.values()) {
      const until = [hook.until, byPath.get(hook.path)?.until]
        .flatMap((time) => time ?? [])
        .toSorted()
        .at(-1)
      byPath.set(hook.path, { ...hook, until })
    }
    return [...byPath.values()]
  }

  return {
    note(headers, body) {
      const hook = hookOf(headers, body)
      if (!hook || known.has(hook.path)) return
      known.add(hook.path)
      if (!news.has(hook.path)) news.set(hook.path, hook)
    },
    all: merged,
    lookedAt: (hook, until) => void news.set(hook.path, { ...hook, until }),
    async save() {
      if (news.size === 0) return
      const written = [...news.values()]
      await saveCursor({ hooks: (await merged()).slice(-MOST) })
      for (const hook of written) if (news.get(hook.path) === hook) news.delete(hook.path)
    },
  }
}

/** https://docs.github.com/webhooks/webhook-events-and-payloads#delivery-headers */
function hookOf(headers: Headers, body: unknown): Hook | undefined {
  const id = headers.get('x-github-hook-id') ?? ''
  const { repository, organization } = names.safeParse(body).data ?? {}
  const room = repository?.full_name ?? ''
  if (!/^\d+$/.test(id)) return undefined
  const type = headers.get('x-github-hook-installation-target-type')
  if (!ROOM.test(room)) return undefined
  if (type === 'repository') return { path: `/repos/${room}/hooks/${id}`, repository: room }
  if (type === 'organization' && organization && /^[\w.-]+$/.test(organization.login))
    return { path: `/orgs/${organization.login}/hooks/${id}`, repository: room }
  // An App's own is known without being named.
  return undefined
}
