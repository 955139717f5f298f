/** Invisible, and enough to break what Slack would read as a mention. */
const GAP = '\u200b'

/** `<`, as it is and as Markdown's entities write it. */
const OPENING = String.raw`(<|&lt;|&#0*60;|&#x0*3c;)`
/** What makes a mention of it: `!` and `@`, as they are, after a backslash, and as entities. */
const SIGIL = String.raw`(?=\\*(?:[!@]|&(?:#|excl;|commat;)))`
const SEQUENCE = new RegExp(OPENING + SIGIL, 'gi')

const BROADCAST = /@(?=(?:channel|here|everyone|group)\b)/gi

/**
 * Takes the bite out of mentions: `<@U1>`, `<!channel>`, `<!subteam^S1>` and `@here` notify nobody, in code as outside of it. Slack
 * documents no way to switch mentions off in a Markdown block. Letters stay as they are; copied out of code, such a word has an
 * invisible character in it.
 */
export const calm = (text: string) => text.replace(SEQUENCE, `$1${GAP}`).replace(BROADCAST, `@${GAP}`)
