/** Prompts with places in them, filled in by Drover: agents get the result verbatim, whatever their own commands look like. */

export interface Expansion {
  /** What stood behind the command, as it was typed. */
  argumentText: string
  /** By name, in capitals: `PLAN`, `ISSUE`. */
  variables: Readonly<Record<string, string>>
}

const PLACE = /\$(?:(\$)|(\d)|(ARGUMENTS)\b|([A-Z][A-Z0-9_]*)|\{([A-Z][A-Z0-9_]*)\})/g

/**
 * `$1`…`$9` are arguments (`$1` the first), `$ARGUMENTS` all of them, `$NAME` and `${NAME}` variables, `$$` a dollar. A missing
 * argument is nothing; a name that nobody set stays as it stands. What is put in is not looked at again, and nothing is run.
 */
export function expandPrompt(template: string, { argumentText, variables }: Expansion): string {
  const words = splitArguments(argumentText)
  return template.replaceAll(PLACE, (place, dollar, digit, all, name, braced) => {
    if (dollar !== undefined) return '$'
    if (digit !== undefined) return digit === '0' ? place : (words[Number(digit) - 1] ?? '')
    if (all !== undefined) return argumentText
    return variables[name ?? braced] ?? place
  })
}

/** As a shell cuts words, with quotes and backslashes; an open quote ends with the text. */
export function splitArguments(text: string): string[] {
  const words = text.match(/(?:"(?:\\.|[^"\\])*(?:"|$)|'[^']*(?:'|$)|\\.|[^\s"'\\])+/gs) ?? []
  return words.map((word) =>
    word.replaceAll(/"((?:\\.|[^"\\])*)(?:"|$)|'([^']*)(?:'|$)|\\(.)/gs, (_all, double, single, escaped) =>
      double === undefined ? (single ?? escaped) : double.replaceAll(/\\(["\\])/g, '$1'),
    ),
  )
}
