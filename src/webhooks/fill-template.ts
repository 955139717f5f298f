/**
 * Puts what stands at `{{a.b.0.c}}` in a JSON value in its place: texts and numbers as they are, objects and lists as JSON, and
 * nothing for what is not there. What is put in is never filled in turn.
 */
export function fillTemplate(template: string, json: unknown): string {
  const filled = template.replace(/\{\{\s*([\w$@-]+(?:\.[\w$@-]+)*)\s*\}\}/g, (_, path: string) => textAt(path, json))
  // What PostgreSQL keeps in no text.
  return filled.replaceAll('\0', '').toWellFormed()
}

function textAt(path: string, json: unknown): string {
  const value = path.split('.').reduce<unknown>((from, key) => at(from, key), json)
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const at = (from: unknown, key: string): unknown =>
  typeof from === 'object' && from !== null && Object.hasOwn(from, key)
    ? (from as Record<string, unknown>)[key]
    : undefined
