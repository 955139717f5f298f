const MAX_LENGTH = 120
const MAX_BYTES = 200

/**
 * Names under which foreign files may be kept together in a folder: no path, nothing hidden, nothing that a command would take
 * for an option, no blanks or commas, none of them twice. In the order of `names`.
 */
export function safeFileNames(names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    const safe = safeFileName(name)
    let unique = safe
    // Some file systems take A.png and a.png for one.
    for (let count = 2; taken.has(unique.toLowerCase()); count += 1) unique = numbered(safe, count)
    taken.add(unique.toLowerCase())
    return unique
  })
}

/** Whether `safeFileNames` would have left it as it is. */
export const isSafeFileName = (name: string) => safeFileName(name) === name

function safeFileName(name: string): string {
  const last = name.normalize('NFC').split(/[/\\]/).at(-1) ?? ''
  const plain = last.replace(/[^\p{L}\p{M}\p{N}._-]+/gu, '_').replace(/^[._-]+/, '')
  return plain === '' ? 'file' : cut(plain, '')
}

const numbered = (name: string, count: number) => cut(name, `-${count}`)

/** With `tail` before the ending, and no longer than a name may be. */
function cut(name: string, tail: string): string {
  const { stem, ending } = parts(name)
  const letters = Array.from(stem).slice(0, MAX_LENGTH - ending.length - tail.length)
  // Most file systems count bytes, up to 255.
  while (Buffer.byteLength(letters.join('')) > MAX_BYTES - tail.length) letters.pop()
  return letters.join('') + tail + ending
}

/** `ending` with its dot; of a sensible length, or none. */
function parts(name: string): { stem: string; ending: string } {
  const ending = /(?<=.)\.\w{1,16}$/.exec(name)?.[0] ?? ''
  return { stem: name.slice(0, name.length - ending.length), ending }
}
