import type { ModelVendor } from '../agents/driver.ts'

/** The shapes that model APIs have; OpenRouter speaks OpenAI's chat. */
export type ApiShape = 'messages' | 'responses' | 'chat' | 'gemini'

export interface Route {
  method: 'GET' | 'POST'
  /** Below the base URL. Written so that nothing can climb out of it: no dots alone, no `%`. */
  path: RegExp
  /** Left out: the vendor asks no money for it. */
  shape?: ApiShape
}

interface Vendor {
  title: string
  /** What stands for the vendor's base URL below a run's door. */
  path: string
  /** Without these a key could do more than talk to models: files, batches, administration, billing. */
  routes: readonly Route[]
  keyHeader(key: string): Record<string, string>
}

const MODELS: Route = { method: 'GET', path: /^\/models(\/\w[\w.:-]*)?$/ }
const CHAT: Route = { method: 'POST', path: /^\/chat\/completions$/, shape: 'chat' }
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

export const VENDORS: Readonly<Record<ModelVendor, Vendor>> = {
  anthropic: {
    title: 'Anthropic',
    path: '/model/anthropic',
    routes: [
      { method: 'POST', path: /^\/v1\/messages$/, shape: 'messages' },
      { method: 'POST', path: /^\/v1\/messages\/count_tokens$/ },
      { method: 'GET', path: /^\/v1\/models(\/\w[\w.:-]*)?$/ },
    ],
    keyHeader: (key) => ({ 'x-api-key': key }),
  },
  openai: {
    title: 'OpenAI',
    path: '/model/openai/v1',
    // Codex shortens its history by `compact` where it believes to speak to OpenAI itself.
    routes: [{ method: 'POST', path: /^\/responses(\/compact)?$/, shape: 'responses' }, CHAT, MODELS],
    keyHeader: bearer,
  },
  gemini: {
    title: 'Gemini',
    path: '/model/gemini',
    routes: [
      {
        method: 'POST',
        path: /^\/v1beta\/models\/\w[\w.-]*:(generateContent|streamGenerateContent)$/,
        shape: 'gemini',
      },
      { method: 'POST', path: /^\/v1beta\/models\/\w[\w.-]*:countTokens$/ },
      { method: 'GET', path: /^\/v1beta\/models(\/\w[\w.-]*)?$/ },
    ],
    keyHeader: (key) => ({ 'x-goog-api-key': key }),
  },
  openrouter: {
    title: 'OpenRouter',
    path: '/model/openrouter/v1',
    routes: [CHAT, MODELS],
    keyHeader: bearer,
  },
}

/** The vendor that a path of a door belongs to, and what of the path lies below its base URL. */
export function vendorOf(pathname: string): { vendor: ModelVendor; below: string } | undefined {
  for (const [vendor, { path }] of Object.entries(VENDORS)) {
    if (pathname.startsWith(`${path}/`)) return { vendor: vendor as ModelVendor, below: pathname.slice(path.length) }
  }
  return undefined
}

export function findRoute(vendor: ModelVendor, method: string | undefined, below: string): Route | undefined {
  return VENDORS[vendor].routes.find((route) => route.method === method && route.path.test(below))
}
