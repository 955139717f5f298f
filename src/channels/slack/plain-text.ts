const ENTITIES: Record<string, string> = { lt: '<', gt: '>', amp: '&' }

/**
 * Slack's text as it was typed: `<…>` and entities become plain words.
 * https://docs.slack.dev/messaging/formatting-message-text
 */
export function plainText(text: string): string {
  return text
    .replace(/<([^<>]*)>/g, (_, inside: string) => plainLink(inside))
    .replace(/&(lt|gt|amp);/g, (_, name: string) => ENTITIES[name] ?? '')
}

function plainLink(inside: string): string {
  const bar = inside.indexOf('|')
  const target = bar < 0 ? inside : inside.slice(0, bar)
  const label = bar < 0 ? '' : inside.slice(bar + 1)
  if (target.startsWith('@')) return `@${label.replace(/^@/, '') || target.slice(1)}`
  if (target.startsWith('#')) return `#${label.replace(/^#/, '') || target.slice(1)}`
  // <!here>, <!subteam^S1|@ops>, <!date^1700000000^{date}|yesterday>
  if (target.startsWith('!')) return label || `@${target.slice(1).replace(/^subteam\^/, '')}`
  if (label === '') return target
  return bare(target) === bare(label) ? label : `${label} (${target})`
}

/** Slack makes a link of `example.com` and of an address by itself: the label is then what was typed. */
const bare = (address: string) => address.replace(/^(https?:\/\/|mailto:|tel:)/i, '').replace(/\/$/, '')
