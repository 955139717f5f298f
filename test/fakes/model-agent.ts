import { once } from 'node:events'
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGateway, type Gateway, type GatewayRun, type ModelCall } from '../../src/gateway/gateway.ts'
import { readPrices } from '../../src/gateway/prices.ts'
import type { ModelVendor } from '../../src/agents/driver.ts'
import type { Log } from '../../src/lib/log.ts'
import { SAMPLES, startModelVendor, type Answer, type FakeVendor, type Sample } from './model-vendor.ts'

export const KEY = 'sk-real-key-of-the-house'
export const TOKEN = 'run-token-0123456789'

/** Each vendor, how its agents show their key, and the API that they speak. */
export const KINDS: {
  vendor: ModelVendor
  sample: Sample
  shows: (key: string) => OutgoingHttpHeaders
}[] = [
  { vendor: 'anthropic', sample: SAMPLES.messages, shows: (key) => ({ 'x-api-key': key }) },
  { vendor: 'anthropic', sample: SAMPLES.messages, shows: bearer },
  { vendor: 'openai', sample: SAMPLES.responses, shows: bearer },
  { vendor: 'openai', sample: SAMPLES.chat, shows: bearer },
  { vendor: 'openrouter', sample: SAMPLES.chat, shows: bearer },
  { vendor: 'gemini', sample: SAMPLES.gemini, shows: (key) => ({ 'x-goog-api-key': key }) },
]

export function bearer(key: string): OutgoingHttpHeaders {
  return { authorization: `Bearer ${key}` }
}

/** A fake vendor, the gateway before it, and the door of one run. */
export interface House extends AsyncDisposable {
  vendor: FakeVendor
  gateway: Gateway
  door: Server
  /** Of the door. */
  url: string
  calls: ModelCall[]
  /** Base URL of a vendor, as an agent gets it. */
  base(vendor: ModelVendor): string
}

export async function openHouse(
  answer: Answer,
  { run, log, baseUrl }: { run?: Partial<GatewayRun>; log?: Log; baseUrl?: string } = {},
): Promise<House> {
  const vendor = await startModelVendor(answer)
  const upstream = { baseUrl: baseUrl ?? vendor.url, key: KEY }
  const gateway = createGateway({
    upstreams: { anthropic: upstream, openai: upstream, gemini: upstream, openrouter: upstream },
    prices: readPrices({}),
    ...(log && { log }),
  })
  const calls: ModelCall[] = []
  const listener = gateway.listener({
    token: TOKEN,
    mayCall: async () => undefined,
    async onCall(call) {
      calls.push(call)
    },
    ...run,
  })
  const door = createServer(listener).listen(0, '127.0.0.1')
  await once(door, 'listening')
  const url = `http://127.0.0.1:${(door.address() as AddressInfo).port}`
  return {
    vendor,
    gateway,
    door,
    url,
    calls,
    base: (name) => url + gateway.pathFor(name),
    async [Symbol.asyncDispose]() {
      door.closeAllConnections()
      door.close()
      await vendor.stop()
    },
  }
}

export interface Ask {
  method?: string
  headers?: OutgoingHttpHeaders
  /** An object goes as JSON. */
  body?: object | string | Buffer
}

/** Sends a request as an agent would; the answer comes as soon as its head is there. */
export function ask(
  url: string,
  { method = 'POST', headers = bearer(TOKEN), body }: Ask = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    })
    request.on('response', resolve)
    request.on('error', reject)
    request.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body))
  })
}

/** A log that is a list. */
export function listLog(): { log: Log; lines: unknown[] } {
  const lines: unknown[] = []
  return { log: { warn: (...line: unknown[]) => lines.push(line) } as unknown as Log, lines }
}
