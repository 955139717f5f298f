/** Gists, which the emulator does not have: read by everybody who knows the id, public or not, and only with a token that fits. */
import { randomBytes } from 'node:crypto'

interface Account {
  id: number
  login: string
  type: string
}

export interface Gists {
  /** Returns its address. Without `by`: nobody's, as they could be made long ago. */
  add(gist: { by?: Account; text: string; isPublic?: boolean }): string
  remove(url: string): void
  /** What `GET /gists/<id>` answers. */
  get(id: string, authorization: string | undefined): { status: number; body: unknown }
}

const GONE = { message: 'Not Found', documentation_url: 'https://docs.github.com/rest/gists/gists#get-a-gist' }

export function createGists(): Gists {
  const gists = new Map<string, Record<string, unknown>>()
  const idOf = (url: string) => url.split('/').at(-1) ?? ''
  return {
    add({ by, text, isPublic = true }) {
      const id = randomBytes(16).toString('hex')
      const url = `https://gist.github.com/${by?.login ?? 'anonymous'}/${id}`
      const file = { filename: 'proof.txt', type: 'text/plain', language: 'Text', size: text.length, truncated: false }
      gists.set(id, {
        id,
        html_url: url,
        public: isPublic,
        description: null,
        ...(by && { owner: by }),
        files: { 'proof.txt': { ...file, content: text } },
      })
      return url
    },
    remove: (url) => void gists.delete(idOf(url)),
    get(id, authorization) {
      // That of an App itself is a JWT, which counts for nothing but the App.
      if (/^bearer ey/i.test(authorization ?? ''))
        return { status: 401, body: { message: 'A JSON web token could not be decoded' } }
      const gist = gists.get(id)
      return gist ? { status: 200, body: gist } : { status: 404, body: GONE }
    },
  }
}
