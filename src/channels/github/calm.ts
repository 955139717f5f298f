import { replaceByStanding } from './markdown.ts'

/** Invisible, and enough to break what GitHub would act on. */
const GAP = '\u200b'

/** A whole address: an @ in it notifies nobody, and a gap would break it. */
const URL = String.raw`https?:\/\/[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?\/[^\s<>()]*`
/** As it is, and as entities write it. After a letter it is a mail address. */
const AT = String.raw`(?:(?<![a-z0-9])@|&#0*64;|&#x0*40;|&commat;)(?=[a-z0-9])`
const ISSUE = String.raw`:?\s+(?:[\w.-]+\/[\w.-]+)?(?:#|GH-)\d|:?\s+https?:\/\/`
const CLOSING = String.raw`\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?|duplicate of)(?=${ISSUE})`
const BITES = new RegExp(`${URL}|${AT}|${CLOSING}|<!--`, 'gi')

/**
 * Takes the bite out of what an agent wrote: it notifies nobody, closes no issue (`fixes #12` still leads there), and hides nothing.
 * Code stays as it is: GitHub acts on nothing in it.
 */
export const calm = (markdown: string) => replaceBites(markdown, withGap)

/** The same, no longer than it was: for a text that is as long as GitHub takes. */
export const calmTightly = (markdown: string) => replaceBites(markdown, alike)

const replaceBites = (markdown: string, replace: (bite: string) => string) =>
  replaceByStanding(markdown, BITES, (match, standing) =>
    standing === 'code' || /^https?:/i.test(match) ? match : replace(match),
  )

function withGap(bite: string): string {
  if (bite === '<!--') return '&lt;!--'
  if (/^[@&]/.test(bite)) return `${bite}${GAP}`
  return `${bite.slice(0, 1)}${GAP}${bite.slice(1)}`
}

/** Characters that look alike. */
function alike(bite: string): string {
  if (bite === '<!--') return '‹!--'
  if (/^[@&]/.test(bite)) return '＠'
  return bite.replace(/[eo]/, (letter) => (letter === 'e' ? 'е' : 'о')).replace(/^fix$/i, 'fіx')
}
