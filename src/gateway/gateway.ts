import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { ModelVendor } from '../agents/driver.ts'
import { codeOf } from '../lib/errors.ts'
import { createMask, type Log } from '../lib/log.ts'
import { cleanQuery, headersForVendor, showsToken } from './headers.ts'
import type { Total } from './meter.ts'
import { passOn } from './pass-on.ts'
import { priceOf } from './price-of.ts'
import type { PriceTable } from './prices.ts'
import { readBody, readCall } from './read-call.ts'
import { refuse } from './refuse.ts'
import { findRoute, VENDORS, vendorOf, type Route } from './vendors.ts'

/** One call of a model. Tokens are counted alike for all vendors: input without the cache's, output with its reasoning. */
export interface ModelCall {
  vendor: ModelVendor
  model: string
  inputTokens: number
  outputTokens: number
  cacheReadTokens: number
  cacheWriteTokens: number
  reasoningTokens: number
  /** At list prices; null where nobody knows the price. */
  usd: number | null
}

export interface GatewayRun {
  /** What the agent shows as its key. */
  token: string
  /** Asked before each call; a sentence for people refuses it. Calls that are under way go on: at most 32 of a run. */
  mayCall(): Promise<string | undefined>
  /**
   * Told after each call that cost something, also one that broke off in the middle: then with an estimate of what the
   * vendor did not tell. Awaited before the answer's end is passed on, so that the meter is never behind; when it rejects,
   * the answer is broken off. For a call that the closing of the door cuts short it comes after that.
   */
  onCall(call: ModelCall): Promise<void>
}

interface Upstream {
  /** In the form that the vendor's own clients take it: `https://api.anthropic.com`, but `https://api.openai.com/v1`. */
  baseUrl: string
  key: string
}

/** Holds the vendors' keys. An agent gets a URL, and a token that is worth nothing outside of its run. */
export interface Gateway {
  /** Vendors that there is a key for. */
  has(vendor: ModelVendor): boolean
  /** Path of the base URL that an agent gets below its door, e.g. `/model/anthropic`, `/model/openai/v1`. */
  pathFor(vendor: ModelVendor): string
  /** Serves `/model/…`; anything else is 404. */
  listener(run: GatewayRun): RequestListener
}

interface GatewayOptions {
  upstreams: Partial<Record<ModelVendor, Upstream>>
  prices: PriceTable
  log?: Log
}

/** By so many calls a run may overrun its budget. */
const MAX_CALLS = 32
/** Anthropic takes no more, and agents send nobody more. */
const MAX_BODY_BYTES = 32 * 2 ** 20
/** All bodies of a run that are under way: what is inside the fence must not fill our memory. */
const MAX_HELD_BYTES = 256 * 2 ** 20

/** What of a run is under way. */
interface UnderWay {
  calls: number
  bytes: number
}

/** A request that is the run's own, and for what its vendor may be asked. */
interface Knock {
  vendor: ModelVendor
  upstream: Upstream
  route: Route
  below: string
  query: string
  request: IncomingMessage
  response: ServerResponse
}

export function createGateway({ upstreams, prices, log }: GatewayOptions): Gateway {
  const secrets = Object.entries(upstreams).map(([vendor, { key }]) => [`key for ${vendor}`, key])
  const mask = createMask(Object.fromEntries(secrets))

  /** Lets in what shows the run's token and asks for a model; answers everything else itself. */
  function letIn(run: GatewayRun, request: IncomingMessage, response: ServerResponse): Knock | undefined {
    const url = URL.parse(request.url ?? '', 'http://door')
    const found = url && vendorOf(url.pathname)
    if (!found) return refuse(response, undefined, 404, 'There is nothing here.')
    const { vendor, below } = found
    if (!showsToken(request, url.searchParams, run.token)) {
      return refuse(response, vendor, 401, 'This is not the token of this run.')
    }
    const { title } = VENDORS[vendor]
    const upstream = upstreams[vendor]
    if (!upstream) return refuse(response, vendor, 404, `Drover has no key for ${title}.`)
    // Codex tries a WebSocket first; at this answer it goes on by HTTP at once.
    if (request.headers.upgrade) return refuse(response, vendor, 426, 'There is no WebSocket here.')
    const route = findRoute(vendor, request.method, below)
    if (!route) return refuse(response, vendor, 404, `Drover lets only calls of models through to ${title}.`)
    return { vendor, upstream, route, below, query: cleanQuery(url.searchParams), request, response }
  }

  async function serve(run: GatewayRun, knock: Knock, mayTake: (bytes: number) => boolean): Promise<void> {
    const { vendor, upstream, route, below, query, request, response } = knock
    const received = await readBody(request, mayTake)
    if (!received) {
      // Whoever is still sending reads the answer only if what he sends is taken; it goes nowhere.
      request.resume()
      return refuse(response, vendor, 413, 'This is more than one run may send.')
    }
    const asked = route.shape ? readCall(route.shape, below, received) : { model: undefined, body: received }
    if (typeof asked === 'string') return refuse(response, vendor, 400, asked)
    const refusal = await run.mayCall()
    if (refusal !== undefined) return refuse(response, vendor, 400, refusal)

    const body = route.method === 'POST' ? asked.body : undefined
    const headers = headersForVendor(request.headers, VENDORS[vendor].keyHeader(upstream.key), body)
    await passOn({
      call: { url: upstream.baseUrl.replace(/\/$/, '') + below + query, method: route.method, headers, body },
      shape: route.shape,
      response,
      mask,
      onTotal: (total) => run.onCall(callOf(vendor, asked.model, total)),
    })
  }

  function callOf(vendor: ModelVendor, asked: string | undefined, { model = asked, usage }: Total): ModelCall {
    const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens } = usage
    const usd = priceOf(prices, model, usage) ?? priceOf(prices, asked, usage) ?? null
    const tokens = { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens }
    return { vendor, model: model ?? 'unknown', ...tokens, usd }
  }

  return {
    has: (vendor) => upstreams[vendor] !== undefined,
    pathFor: (vendor) => VENDORS[vendor].path,
    listener(run) {
      const underWay: UnderWay = { calls: 0, bytes: 0 }
      return (request, response) => {
        const knock = letIn(run, request, response)
        if (!knock) return
        if (underWay.calls >= MAX_CALLS) {
          refuse(response, knock.vendor, 429, `This run has ${MAX_CALLS} calls under way. Wait for one to end.`)
          return
        }
        let held = 0
        const mayTake = (bytes: number) => {
          if (held + bytes > MAX_BODY_BYTES || underWay.bytes + bytes > MAX_HELD_BYTES) return false
          held += bytes
          underWay.bytes += bytes
          return true
        }
        underWay.calls += 1
        void serve(run, knock, mayTake)
          .catch((error: unknown) => {
            // The agent left while it was still asking: nobody waits for an answer.
            if (!request.complete) return
            log?.warn({ err: error, vendor: knock.vendor }, 'a call of a model broke off')
            const why = codeOf(error) ?? 'see the log of Drover'
            refuse(response, knock.vendor, 502, `The call of the model broke off (${why}).`)
          })
          .finally(() => {
            underWay.calls -= 1
            underWay.bytes -= held
          })
      }
    },
  }
}
