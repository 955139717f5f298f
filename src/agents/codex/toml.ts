export type ConfigValue = string | number | boolean | readonly ConfigValue[] | { readonly [key: string]: ConfigValue }

/** Codex reads the values of its settings as TOML. A JSON string is a TOML string. */
export function toToml(value: ConfigValue): string {
  if (typeof value !== 'object') return JSON.stringify(value)
  if (isList(value)) return `[${value.map(toToml).join(', ')}]`
  return `{${Object.entries(value)
    .map(([key, each]) => `${JSON.stringify(key)} = ${toToml(each)}`)
    .join(', ')}}`
}

function isList(value: object): value is readonly ConfigValue[] {
  return Array.isArray(value)
}
