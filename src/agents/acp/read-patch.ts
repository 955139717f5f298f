import type { FileTouch } from '../driver.ts'

interface Section {
  verb: string
  path: string
  movedTo?: string
  lines: string[]
}

const HEADING = /^\*\*\* (Add File|Update File|Delete File|Move to): *(.*\S)/

/**
 * What a patch of GPT models' `apply_patch` changes (`*** Begin Patch … *** End Patch`). Of a file that is updated it has the hunks
 * alone: so has what this returns. A file that is moved is one deleted and one updated. Empty for what is no such patch.
 */
export function readPatch(patch: string): FileTouch[] {
  const sections: Section[] = []
  for (const line of patch.split(/\r?\n/)) {
    if (line.startsWith('*** End Patch')) break
    const section = sections.at(-1)
    const [, verb, path] = HEADING.exec(line) ?? []
    if (verb === undefined || path === undefined) section?.lines.push(line)
    else if (verb !== 'Move to') sections.push({ verb, path, lines: [] })
    else if (section) section.movedTo = path
  }
  return sections.flatMap(touchesOf)
}

function touchesOf({ verb, path, movedTo, lines }: Section): FileTouch[] {
  switch (verb) {
    case 'Add File':
      return [{ path, change: 'add', newText: textOf(lines, '+') }]
    case 'Delete File':
      return [{ path, change: 'delete' }]
    default: {
      // Where it begins, the mark of a hunk says nothing.
      const hunks = lines[0]?.trim() === '@@' ? lines.slice(1) : lines
      const texts = { oldText: textOf(hunks, '-'), newText: textOf(hunks, '+') }
      const update = { path: movedTo ?? path, change: 'update', ...texts } as const
      return movedTo === undefined ? [update] : [{ path, change: 'delete' }, update]
    }
  }
}

/** Its lines with this mark, and those that stay; `@@` stands between two hunks, with what it says of their place. */
function textOf(lines: string[], mark: '+' | '-'): string {
  return lines
    .filter((line) => line.startsWith(mark) || line.startsWith(' ') || line.startsWith('@@'))
    .map((line) => `${line.startsWith('@@') ? line : line.slice(1)}\n`)
    .join('')
}
