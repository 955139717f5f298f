/**
 * Keeps the beginning and the end of a long text, with a visible mark between them: an error stands at one of the two.
 * `maxLength` counts UTF-16 units, without the mark.
 */
export function clipMiddle(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  const half = Math.floor(maxLength / 2)
  const cut = text.length - 2 * half
  // Half of a surrogate pair would be refused by whoever stores the text as UTF-8.
  const head = text.slice(0, half).toWellFormed()
  const tail = text.slice(-half).toWellFormed()
  return `${head}\n[… ${cut} characters cut …]\n${tail}`
}
