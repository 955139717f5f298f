/**
 * A program as they are on the other side of webhooks, on real sockets. What is posted to it, it checks by the library of Standard
 * Webhooks, and keeps once for each `webhook-id`. What it posts itself, it signs by the same library and posts until it is taken.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { Agent, request } from 'undici'
import { RATE_SECONDS, type Fault } from '../../channel-contract.ts'
import { startReceiver, type Answer, type Post } from '../../webhook-receiver.ts'

/** Far sooner than programs do. */
const AGAIN_MS = 20

interface Options {
  /** Signs what it is sent, and what it sends. */
  secret: string
  /** Where it posts; undefined while nobody is there. */
  address(): string | undefined
}

export async function startProgram({ secret, address }: Options) {
  const signer = new Webhook(secret)
  const receiver = await startReceiver()
  const kept = new Map<string, string>()
  const faults: Fault[] = []
  const stopping = new AbortController()
  const underway = new Set<Promise<void>>()
  let wantsNoMore = false
  let connections = new Agent()
  let posted = 0
  let last = { id: '', body: '' }

  receiver.answerBy((post) => {
    const fault = faults.shift()
    if (fault && fault !== 'drop-after') return ANSWERS[fault]
    if (wantsNoMore) return { status: 410 }
    const answer = keep(post)
    return fault ? 'drop' : answer
  })

  function keep({ body, headers }: Post): Answer {
    try {
      signer.verify(body, headers, { jsonParse: false })
    } catch {
      return { status: 401 }
    }
    const id = headers['webhook-id'] ?? ''
    if (!kept.has(id)) kept.set(id, body)
    return { status: 204 }
  }

  async function isTaken({ id, body }: typeof last): Promise<boolean> {
    const url = address()
    if (url === undefined) return false
    const at = new Date()
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': signer.sign(id, at, body),
    }
    const { signal } = stopping
    const answer = await request(url, { method: 'POST', body, headers, dispatcher: connections, signal })
    await answer.body.dump()
    return answer.statusCode === 202
  }

  async function postUntilTaken(message: typeof last) {
    while (!stopping.signal.aborted) {
      // No connection, or a broken one: whether it arrived is not known.
      if (await isTaken(message).catch(() => false)) return
      await sleep(AGAIN_MS)
    }
  }

  function deliver(message: typeof last) {
    const delivery = postUntilTaken(message)
    underway.add(delivery)
    void delivery.then(() => underway.delete(delivery))
  }

  return {
    url: receiver.url,
    /** What it keeps, in the order in which it came. */
    kept: () => [...kept].map(([id, body]) => ({ id, body })),
    fault: (fault: Fault) => void faults.push(fault),
    /** From now on it answers 410. */
    leave() {
      wantsNoMore = true
    },
    say(text: string) {
      last = { id: `msg_${(posted += 1)}`, body: JSON.stringify({ text }) }
      deliver(last)
    },
    /** What it posted last once more, signed anew. */
    redeliver: () => deliver(last),
    dropConnections() {
      void connections.destroy()
      connections = new Agent()
    },
    async stop() {
      stopping.abort()
      await Promise.all(underway)
      await connections.destroy()
      await receiver.stop()
    },
  }
}

const ANSWERS = {
  rate: { status: 429, headers: { 'retry-after': String(RATE_SECONDS) } },
  'server-error': { status: 500 },
  'drop-before': 'drop',
} satisfies Record<Exclude<Fault, 'drop-after'>, Answer>
