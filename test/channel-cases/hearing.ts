import { expect } from 'vitest'
import { alone, heard, onlyShown, QUESTION, send, startOne, textsOf } from './kit.ts'
import type { ChannelCase } from './stage.ts'

/** What people say and press arrives, in our words. */
export const HEARING: ChannelCase[] = [
  {
    name: 'what is said to the bot alone arrives in our words',
    async check(stage) {
      await using live = await startOne(stage)
      await stage.platform.say('fix the login, please')
      const event = await heard(stage, 'fix the login, please')
      expect(event).toMatchObject({ type: 'message', isAddressed: true })
      expect(event.actor).toMatchObject({ ...stage.platform.person, isBot: false })
      expect(event.place).toMatchObject({ channel: live.channel.name })
      expect(new Date(event.at).toISOString()).toBe(event.at)
      expect(event.key).not.toBe('')
      expect(event.messageId).not.toBe('')
    },
  },
  {
    name: 'a command keeps its hyphen and what follows',
    needs: ['commands'],
    async check(stage) {
      await using _ = await startOne(stage)
      await stage.platform.command('/command-invoke plan --fast "two words" a_b')
      expect(await heard(stage, '/command-invoke plan --fast "two words" a_b')).toMatchObject({ isAddressed: true })
    },
  },
  {
    name: 'a mention is taken out of the text, and arrives once',
    needs: ['groups'],
    async check(stage) {
      await using _ = await startOne(stage)
      await stage.platform.mention('fix the login')
      expect(await heard(stage, 'fix the login')).toMatchObject({ isAddressed: true })
      await stage.platform.mention('/command-invoke plan')
      expect(await heard(stage, '/command-invoke plan')).toMatchObject({ isAddressed: true })
      await stage.platform.say('last')
      await heard(stage, 'last')
      expect(textsOf(stage.store)).toEqual(['fix the login', '/command-invoke plan', 'last'])
    },
  },
  {
    name: 'what others say among themselves is not addressed to us',
    needs: ['groups'],
    async check(stage) {
      await using _ = await startOne(stage)
      await stage.platform.sayToOthers('lunch?')
      if (stage.platform.hearsMentionsOnly) {
        await stage.platform.say('last')
        await heard(stage, 'last')
        expect(textsOf(stage.store)).toEqual(['last'])
      } else expect(await heard(stage, 'lunch?')).toMatchObject({ isAddressed: false })
    },
  },
  {
    name: 'several lines, quotes and emoji arrive as they were said',
    async check(stage) {
      await using _ = await startOne(stage)
      const text = 'one\n\n  two "three" 👩‍👩‍👧‍👦 \\ <four> & 日本語'
      await stage.platform.say(text)
      await heard(stage, text)
    },
  },
  {
    name: 'a button that is pressed arrives with its ids',
    needs: ['buttons'],
    async check(stage) {
      await using live = await startOne(stage)
      const place = await alone(stage)
      const messageId = await send(live, place, { markdown: 'May I?', choices: QUESTION })
      expect((await onlyShown(stage, place)).buttons).toEqual(['Allow', 'Deny'])
      await stage.platform.press(place, messageId, 'Deny')
      await expect.poll(() => textsOf(stage.store)).toEqual(['hello', 'deny'])
      expect(stage.store.events[1]).toMatchObject({
        type: 'choice',
        questionId: 'qst_01',
        choiceId: 'deny',
        messageId,
        place,
        actor: { ...stage.platform.person, isBot: false },
      })
    },
  },
  {
    name: 'what is delivered twice has one key',
    async check(stage) {
      await using _ = await startOne(stage)
      await stage.platform.say('once')
      await heard(stage, 'once')
      await stage.platform.redeliver()
      await expect.poll(() => stage.store.takes.length).toBeGreaterThan(1)
      expect(new Set(stage.store.takes.map(({ key }) => key)).size).toBe(1)
    },
  },
  {
    name: 'a button delivered twice has one key',
    needs: ['buttons'],
    async check(stage) {
      await using live = await startOne(stage)
      const place = await alone(stage)
      const messageId = await send(live, place, { markdown: 'May I?', choices: QUESTION })
      await stage.platform.press(place, messageId, 'Allow')
      await expect.poll(() => textsOf(stage.store)).toEqual(['hello', 'allow'])
      await stage.platform.redeliver()
      await expect.poll(() => stage.store.takes.length).toBeGreaterThan(2)
      expect(new Set(stage.store.takes.map(({ key }) => key)).size).toBe(2)
    },
  },
  {
    name: 'the same words said twice are two',
    async check(stage) {
      await using _ = await startOne(stage)
      await stage.platform.say('go on')
      await stage.platform.say('go on')
      await expect.poll(() => textsOf(stage.store)).toEqual(['go on', 'go on'])
    },
  },
]
