/** `/bin/bash -lc 'npm test'` → `npm test`: how Codex runs a command is no news to people. */
export function commandText(commandLine: string): string {
  const [, script] = /^\/?(?:\S*\/)?(?:ba|da|z)?sh -l?c (.+)$/s.exec(commandLine) ?? []
  return (script !== undefined && unquote(script)) || commandLine
}

/** One word of a shell, as Codex quotes it; undefined where it is more than one. */
function unquote(word: string): string | undefined {
  const parts = /'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])|([^\s'"\\]+)/gy
  let text = ''
  let end = 0
  for (const [whole, single, double, escaped, plain] of word.matchAll(parts)) {
    text += single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain ?? ''
    end += whole.length
  }
  return end === word.length ? text : undefined
}
