/** Codes that a person carries from one place to another: said once, within a quarter of an hour. Each use has a table of its own. */
import { createHash, randomInt } from 'node:crypto'

/** Without letters that look like others: 39 bits of chance. */
const LETTERS = 'ABCDEFGHJKMNPQRSTVWXYZ23456789'

export const CODE_MINUTES = 15

/** `ABCD-EFGH`, and what is stored of it: who reads the database cannot use it. */
export function makeCode(): { code: string; hash: Buffer } {
  const letters = Array.from({ length: 8 }, () => LETTERS[randomInt(LETTERS.length)]).join('')
  return { code: `${letters.slice(0, 4)}-${letters.slice(4)}`, hash: hashOfCode(letters) }
}

/** However people type it. */
export const hashOfCode = (given: string): Buffer =>
  createHash('sha256')
    .update(given.toUpperCase().replaceAll(/[^A-Z0-9]/g, ''))
    .digest()

/** Whether a text can be a code at all, and no mode, name or mistake. */
export const looksLikeCode = (text: string) => /^[A-Za-z0-9]{4}-?[A-Za-z0-9]{4}$/.test(text)

/** All that looks like one of our codes in a longer text. */
export const codesIn = (text: string): string[] => text.match(/\b[A-Z0-9]{4}-[A-Z0-9]{4}\b/gi) ?? []
