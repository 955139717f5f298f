/** How GitHub posts to a webhook: once. What came of it is kept, and can be asked for and delivered again. */
import { randomUUID } from 'node:crypto'

/** Of a repository's hook, or of an App's. */
export interface HookTarget {
  /** As the API has it: `/repos/o/r/hooks/1`, `/app/hook`. */
  path: string
  id: number
  type: 'repository' | 'integration'
  url: string
}

interface Posted {
  headers: Record<string, string>
  body: Uint8Array<ArrayBuffer>
}

interface Delivery {
  id: number
  guid: string
  target: HookTarget
  posted: Posted
  deliveredAt: string
  isAgain: boolean
  statusCode: number
}

export interface Deliveries {
  deliver(target: HookTarget, posted: Posted): Promise<void>
  /** What was delivered last, once more. */
  again(): Promise<void>
  /** As the API lists them, newest first; those behind `cursor`. */
  list(path: string, cursor: string | null, size: number): { page: Record<string, unknown>[]; next?: string }
  /** False where there is none. */
  attempt(path: string, id: number): boolean
  /** Status codes, in order. */
  codes(): number[]
  settled(): Promise<void>
}

const PATIENCE_MS = 10_000

export function createDeliveries(): Deliveries {
  const all: Delivery[] = []
  const underWay = new Set<Promise<void>>()
  let nextId = 1000
  let last: { target: HookTarget; posted: Posted; guid: string } | undefined

  async function post(target: HookTarget, posted: Posted, guid: string, isAgain: boolean) {
    last = { target, posted, guid }
    const id = nextId++
    const deliveredAt = new Date().toISOString()
    const statusCode = await fetch(target.url, {
      method: 'POST',
      headers: {
        ...posted.headers,
        'x-github-delivery': guid,
        'x-github-hook-id': String(target.id),
        'x-github-hook-installation-target-type': target.type,
      },
      body: posted.body,
      signal: AbortSignal.timeout(PATIENCE_MS),
    }).then(
      ({ status }) => status,
      () => 0,
    )
    all.push({ id, guid, target, posted, deliveredAt, isAgain, statusCode })
  }

  function begin(target: HookTarget, posted: Posted, guid: string, isAgain: boolean) {
    const work = post(target, posted, guid, isAgain)
    underWay.add(work)
    return work.finally(() => underWay.delete(work))
  }

  return {
    deliver: (target, posted) => begin(target, posted, randomUUID(), false),
    async again() {
      if (last) void begin(last.target, last.posted, last.guid, true)
    },
    list(path, cursor, size) {
      const ofHook = all.filter(({ target }) => target.path === path).toSorted((a, b) => b.id - a.id)
      const rest = cursor === null ? ofHook : ofHook.filter(({ id }) => id < Number(cursor))
      const page = rest.slice(0, size)
      const end = page.at(-1)
      return { page: page.map(toWire), ...(end && rest.length > size && { next: String(end.id) }) }
    },
    attempt(path, id) {
      const found = all.find((one) => one.id === id && one.target.path === path)
      if (found) void begin(found.target, found.posted, found.guid, true)
      return found !== undefined
    },
    codes: () => all.map(({ statusCode }) => statusCode),
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}

function toWire({ id, guid, posted, deliveredAt, isAgain, statusCode }: Delivery) {
  const { action = null } = JSON.parse(new TextDecoder().decode(posted.body)) as { action?: string }
  return {
    id,
    guid,
    delivered_at: deliveredAt,
    redelivery: isAgain,
    duration: 0.1,
    status: statusCode >= 200 && statusCode < 300 ? 'OK' : 'Failed',
    status_code: statusCode,
    event: posted.headers['x-github-event'],
    action,
    installation_id: null,
    repository_id: null,
  }
}
