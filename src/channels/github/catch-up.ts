import { z } from 'zod'
import { messageOf } from '../../lib/errors.ts'
import { ChannelError, type ChannelHost } from '../channel.ts'
import type { Api } from './api.ts'
import type { Hook, Hooks } from './hooks.ts'
import { EVENTS } from './payload.ts'

interface Parts {
  api: Api
  hooks: Hooks
  log: ChannelHost['log']
}

/** One attempt to deliver. All attempts for the same event have one `guid`. */
const delivery = z.object({
  id: z.number(),
  guid: z.string(),
  delivered_at: z.string(),
  event: z.string(),
  status_code: z.number(),
})
export type Delivery = z.infer<typeof delivery>

const PAGE = 100
const MOST_PAGES = 20
/** A delivery may be listed later than others that began after it. */
const OVERLAP_MS = 10 * 60_000
/** What fails so often fails for a reason of its own. */
const MOST_ATTEMPTS = 5

const APP_HOOK: Hook = { path: '/app/hook' }

/**
 * GitHub delivers once, and keeps for three days what failed. This asks for the failed ones and has them delivered again: they come
 * in as if they came for the first time.
 */
export function createCatchUp({ api, hooks, log }: Parts): (signal: AbortSignal) => Promise<void> {
  /** A hook that we may not see is told once. */
  const told = new Set<string>()

  const as = <T>({ repository }: Hook, work: Parameters<typeof api.asSelf<T>>[0], signal: AbortSignal) =>
    repository === undefined ? api.asSelf(work, signal) : api.inRepository(repository, work, signal)

  async function list(hook: Hook, signal: AbortSignal): Promise<Delivery[]> {
    const from = new Date(Date.parse(hook.until ?? '1970-01-01') - (hook.until ? OVERLAP_MS : 0))
    const found: Delivery[] = []
    let cursor: string | undefined
    for (let page = 0; page < MOST_PAGES; page++) {
      const { data, headers } = await as(
        hook,
        (octokit, request) =>
          octokit.request(`GET ${hook.path}/deliveries`, { per_page: PAGE, ...(cursor && { cursor }), request }),
        signal,
      )
      // Newest first.
      const deliveries = z.array(delivery).parse(data)
      const fresh = deliveries.filter(({ delivered_at: at }) => Date.parse(at) >= from.getTime())
      found.push(...fresh)
      cursor = nextOf(headers.link)
      if (cursor === undefined || fresh.length < deliveries.length) break
    }
    return found
  }

  async function catchUpOn(hook: Hook, signal: AbortSignal) {
    const deliveries = await list(hook, signal)
    for (const { id } of failedIn(deliveries))
      await as(
        hook,
        (octokit, request) => octokit.request(`POST ${hook.path}/deliveries/${id}/attempts`, { request }),
        signal,
      )
    const newest = deliveries[0]?.delivered_at
    if (newest !== undefined) hooks.lookedAt(hook, newest)
  }

  return async (signal) => {
    const known = await hooks.all()
    const all = api.isApp && !known.some(({ path }) => path === APP_HOOK.path) ? [...known, APP_HOOK] : known
    for (const hook of all) {
      if (signal.aborted) return
      try {
        await catchUpOn(hook, signal)
        told.delete(hook.path)
      } catch (error) {
        const mayNotSee = error instanceof ChannelError && error.kind === 'gone'
        if (!told.has(hook.path) && !signal.aborted)
          log(
            mayNotSee
              ? `GitHub: what failed to reach Drover by ${hook.path} cannot be fetched: its account may not read webhooks there (${error.message})`
              : `GitHub: what failed to reach Drover by ${hook.path} could not be looked up: ${messageOf(error)}`,
          )
        told.add(hook.path)
      }
    }
    await hooks.save()
  }
}

/** What arrived in no attempt, oldest first: the newest attempt of each. */
export function failedIn(deliveries: Delivery[]): Delivery[] {
  const byGuid = Map.groupBy(deliveries, ({ guid }) => guid)
  const isOurs = ({ event }: Delivery) => (EVENTS as readonly string[]).includes(event)
  return [...byGuid.values()]
    .filter((attempts) => attempts.length < MOST_ATTEMPTS && attempts.every((one) => isOurs(one) && !isSuccess(one)))
    .flatMap((attempts) => attempts.toSorted((a, b) => b.delivered_at.localeCompare(a.delivered_at))[0] ?? [])
    .toSorted((a, b) => a.delivered_at.localeCompare(b.delivered_at))
}

const isSuccess = ({ status_code: status }: Delivery) => status >= 200 && status < 300

/** Of a Link header. */
const nextOf = (link: string | undefined) => /[?&]cursor=([^&>]+)[^>]*>;\s*rel="next"/.exec(link ?? '')?.[1]
