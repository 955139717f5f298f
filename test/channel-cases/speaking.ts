import { expect } from 'vitest'
import { alone, edit, heard, onlyShown, QUESTION, send, startOne } from './kit.ts'
import { NASTY } from './nasty.ts'
import type { ChannelCase } from './stage.ts'
import { failureOf } from '../channel-kit.ts'

/** A text of exactly `length` characters, each line another. */
function longText(length: number, line: (n: number) => string): string {
  let text = ''
  for (let n = 1; text.length < length; n++) text += `${line(n)}\n`
  return (
    text
      .slice(0, length - 4)
      .trimEnd()
      .padEnd(length - 4, '.') + ' end'
  )
}

const wordsOf = (text: string) => text.split(/\s+/).filter((word) => word !== '')

/** What is sent is seen, whole, and notifies nobody. */
export const SPEAKING: ChannelCase[] = [
  {
    name: 'it says who it is, and that its credentials are refused',
    needs: ['login'],
    async check(stage) {
      const channel = stage.create(stage.store.createHost())
      expect(await channel.check()).toMatch(/\w+ .*\w+/)
      stage.platform.setTokenValid(false)
      expect((await failureOf(channel.check())).kind).toBe('auth')
    },
  },
  {
    name: 'an answer arrives where the question was asked',
    needs: ['groups'],
    async check(stage) {
      await using live = await startOne(stage)
      const place = await alone(stage)
      await stage.platform.mention('in the group')
      const event = await heard(stage, 'in the group')
      await send(live, event.place, { markdown: 'here' })
      expect((await onlyShown(stage, event.place)).text).toBe('here')
      expect(await stage.platform.shown(place)).toEqual([])
    },
  },
  {
    name: 'a text as long as the limit arrives whole, with its buttons',
    needs: ['buttons'],
    async check(stage) {
      await using live = await startOne(stage)
      const place = await alone(stage)
      const text = longText(live.channel.limits.text, (n) => `Line ${n} is about nothing`)
      await send(live, place, { markdown: text, choices: QUESTION })
      const shown = await onlyShown(stage, place)
      expect(wordsOf(shown.text)).toEqual(wordsOf(text))
      expect(shown.buttons).toEqual(['Allow', 'Deny'])
    },
  },
  {
    name: 'a text full of marks, as long as the limit, arrives whole',
    async check(stage) {
      await using live = await startOne(stage)
      const place = await alone(stage)
      const text = longText(
        live.channel.limits.text,
        (n) => `1. **bold${n}** \`code${n}\` [link${n}](https://example.org/${n})`,
      )
      await send(live, place, { markdown: text })
      const marked = (shown: string) => new Set(shown.match(/(bold|code|link)\d+/g))
      expect(marked((await onlyShown(stage, place)).text)).toEqual(marked(text))
    },
  },
  {
    name: 'a text full of names, as long as the limit, arrives whole and notifies nobody',
    async check(stage) {
      await using live = await startOne(stage)
      const place = await alone(stage)
      await send(live, place, { markdown: longText(live.channel.limits.text, (n) => `@a${n} @b${n}`) })
      const shown = await onlyShown(stage, place)
      expect(shown.notified).toEqual([])
      expect(wordsOf(shown.text).length).toBeGreaterThan(live.channel.limits.text / 8)
    },
  },
  {
    name: 'code and links look like code and links',
    needs: ['marks'],
    async check(stage) {
      await using live = await startOne(stage)
      const place = await alone(stage)
      await send(live, place, {
        markdown:
          'Run `npm test`:\n\n```ts\nconst a = b * c // _d_\n```\n\nSee **[the docs](https://example.org/docs)**.',
      })
      const { text, code, links } = await onlyShown(stage, place)
      expect(code.map((part) => part.trim())).toEqual(['npm test', 'const a = b * c // _d_'])
      expect(links).toEqual(['https://example.org/docs'])
      expect(text).toContain('See the docs.')
      expect(text).not.toMatch(/`|\*\*/)
    },
  },
  {
    name: 'what an agent wrote notifies nobody',
    needs: ['edits', 'marks'],
    async check(stage) {
      await using live = await startOne(stage)
      const place = await alone(stage)
      const { id, name } = stage.platform.person
      const markdown = [
        `@${name} @everyone @here @channel **@${name}** ([@${name}](https://example.org)) > @${name}`,
        `<@${id}> <!channel> <!here> <!everyone> <!subteam^S1> <#C1> [you](tg://user?id=${id}) [you](TG://user/?id=${id})`,
        `- @${name}\n- *@${name}*`,
        `| @${name} | <@${id}> |\n|---|---|\n| @${name} | <!channel> |`,
        `Mail ada@example.org, or run \`npm i @scope/name\`.`,
        `\`\`\`\n@decorator <!here>\n\`\`\``,
      ].join('\n\n')
      const messageId = await send(live, place, { markdown })
      expect((await onlyShown(stage, place)).notified).toEqual([])
      await edit(live, place, messageId, { markdown: `edited\n\n${markdown}` })
      const shown = await onlyShown(stage, place)
      expect(shown.notified).toEqual([])
      expect(shown.text).toContain('edited')
      expect(shown.text).toContain('ada@example.org')
      expect(shown.code).toContain('npm i @scope/name')
    },
  },
  {
    name: 'whatever is written can be sent',
    async check(stage) {
      await using live = await startOne(stage)
      const place = await alone(stage)
      for (const markdown of NASTY) await send(live, place, { markdown })
      const shown = await stage.platform.shown(place)
      expect(shown).toHaveLength(NASTY.length)
      expect(shown.flatMap(({ notified }) => notified)).toEqual([])
    },
  },
  {
    name: 'an edit shows the new text in the same message',
    needs: ['edits'],
    async check(stage) {
      await using live = await startOne(stage)
      const place = await alone(stage)
      const messageId = await send(live, place, { markdown: 'work' })
      await edit(live, place, messageId, { markdown: 'work in **progress**' })
      expect(await onlyShown(stage, place)).toMatchObject({ id: messageId, text: 'work in progress' })
    },
  },
  {
    name: 'the same edit twice is a success',
    needs: ['edits'],
    async check(stage) {
      await using live = await startOne(stage)
      const place = await alone(stage)
      const messageId = await send(live, place, { markdown: 'work', choices: QUESTION })
      await edit(live, place, messageId, { markdown: 'work', choices: QUESTION })
      await edit(live, place, messageId, { markdown: 'done', choices: QUESTION })
      await edit(live, place, messageId, { markdown: 'done', choices: QUESTION })
      expect(await onlyShown(stage, place)).toMatchObject({ text: 'done', buttons: ['Allow', 'Deny'] })
    },
  },
  {
    name: 'an edit without choices takes the buttons away',
    needs: ['edits'],
    async check(stage) {
      await using live = await startOne(stage)
      const place = await alone(stage)
      const messageId = await send(live, place, { markdown: 'May I?', choices: QUESTION })
      await edit(live, place, messageId, { markdown: 'May I?' })
      expect(await onlyShown(stage, place)).toMatchObject({ text: 'May I?', buttons: [] })
    },
  },
  {
    name: 'a file arrives with its text, or alone, where files are taken',
    async check(stage) {
      await using live = await startOne(stage)
      const place = await alone(stage)
      const file = { name: 'change.diff', mediaType: 'text/x-diff', content: Buffer.from('+ line é\n') }
      if (live.channel.limits.fileBytes === 0) {
        expect((await failureOf(send(live, place, { markdown: 'The change:', file }))).kind).toBe('invalid')
        expect(await stage.platform.shown(place)).toEqual([])
        return
      }
      const messageId = await send(live, place, { markdown: 'The change:', file })
      await send(live, place, { markdown: '', file: { ...file, name: 'again.diff' } })
      const shown = await stage.platform.shown(place)
      expect(shown.filter(({ text }) => text === 'The change:')).toMatchObject([{ id: messageId }])
      expect(shown.flatMap(({ files }) => files)).toEqual([
        { name: 'change.diff', content: '+ line é\n' },
        { name: 'again.diff', content: '+ line é\n' },
      ])
    },
  },
]
