import { stripVTControlCharacters } from 'node:util'
import pino, { type Logger } from 'pino'
import pretty from 'pino-pretty'

export type Log = Logger

export interface LogOptions {
  level: string
  /** For a person at a terminal; else one JSON object a line. */
  pretty: boolean
  /** Values that must never be printed, by the name that is printed instead. */
  secrets: Readonly<Record<string, string>>
}

/** Logs go to standard error: standard output belongs to what was asked for. */
export function createLog({ level, pretty: forPeople, secrets }: LogOptions): Log {
  const mask = createMask(secrets)
  const target = forPeople
    ? pretty({
        colorize: process.stderr.isTTY,
        ignore: 'pid,hostname,name',
        translateTime: 'SYS:HH:MM:ss',
        destination: 2,
      })
    : pino.destination(2)
  // The finished line is masked, so a secret is found wherever it got in: message, field, stack, an agent's output.
  return pino({ level, hooks: { streamWrite: mask } }, target)
}

const SHORTEST_SECRET = 8

/** Replaces each secret, in the forms that it takes on its way (URI, JSON, base64), by its name. Shorter than 8 characters is no secret. */
export function createMask(secrets: Readonly<Record<string, string>>): (text: string) => string {
  const names = new Map<string, string>()
  for (const [name, secret] of Object.entries(secrets)) {
    if (secret.length < SHORTEST_SECRET) continue
    for (const form of formsOf(secret)) names.set(form, name)
  }
  if (names.size === 0) return (text) => text
  const longestFirst = [...names.keys()].toSorted((a, b) => b.length - a.length)
  const pattern = new RegExp(longestFirst.map((form) => RegExp.escape(form)).join('|'), 'g')
  return (text) => text.replace(pattern, (found) => `[${names.get(found)}]`)
}

const formsOf = (secret: string) => [
  secret,
  encodeURIComponent(secret),
  JSON.stringify(secret).slice(1, -1),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('base64url'),
  // As git sends a token.
  Buffer.from(`x-access-token:${secret}`).toString('base64').replace(/=+$/, ''),
]

/** Text from outside, made safe for a terminal: no control sequences, no bells. */
export function plainText(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return stripVTControlCharacters(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '')
}
