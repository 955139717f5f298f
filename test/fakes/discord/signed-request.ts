/** Discord's other way to a bot, for commands and buttons: it posts to a URL, signed. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'

interface InteractionsUrl {
  url: string
  key: KeyObject
}

/** The key to sign with, and what the developer portal shows of it. */
export function createKey(): { key: KeyObject; publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return { key: privateKey, publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex') }
}

export function signedRequest(
  { url, key }: InteractionsUrl,
  body: string,
  timestamp = String(Math.floor(Date.now() / 1000)),
): Request {
  const signature = sign(null, Buffer.from(timestamp + body), key).toString('hex')
  return new Request(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-signature-timestamp': timestamp,
      'x-signature-ed25519': signature,
    },
    body,
  })
}
