import { expect } from 'vitest'
import { heard, startOne, textsOf } from './kit.ts'
import type { ChannelCase } from './stage.ts'

/** Through drops, stops and an absent database nothing is lost, and nothing is stored twice. */
export const STAYING: ChannelCase[] = [
  {
    name: 'while the database is away nothing is lost',
    async check(stage) {
      const { store, platform } = stage
      await using _ = await startOne(stage)
      store.isAway = true
      await platform.say('first')
      await platform.say('second')
      await expect.poll(() => store.takes.length).toBeGreaterThan(1)
      expect(store.events).toEqual([])
      store.isAway = false
      await expect.poll(() => textsOf(store).toSorted()).toEqual(['first', 'second'])
      await platform.say('third')
      await heard(stage, 'third')
      expect(textsOf(store).toSorted()).toEqual(['first', 'second', 'third'])
    },
  },
  {
    name: 'what is stored slowly, and delivered again meanwhile, is stored once',
    async check(stage) {
      const { store, platform } = stage
      await using _ = await startOne(stage)
      const release = store.hold()
      await platform.say('slow')
      await expect.poll(() => store.takes.length).toBe(1)
      await platform.redeliver()
      release()
      await expect.poll(() => store.takes.length).toBeGreaterThan(1)
      // Of two posts at once either may be first.
      await heard(stage, 'slow')
      await platform.say('next')
      await heard(stage, 'next')
      expect(textsOf(store)).toEqual(['slow', 'next'])
    },
  },
  {
    name: 'what is said while the connection drops arrives',
    async check(stage) {
      await using _ = await startOne(stage)
      for (const word of ['one', 'two', 'three']) {
        await expect.poll(stage.platform.listeners).toBeGreaterThan(0)
        stage.platform.dropConnections()
        await stage.platform.say(word)
        await heard(stage, word)
      }
    },
  },
  {
    name: 'what is said while nobody listens arrives after the start',
    async check(stage) {
      await using first = await startOne(stage)
      await stage.platform.say('before')
      await heard(stage, 'before')
      await first.running.stop()
      await stage.platform.say('meanwhile')
      await using _ = await startOne(stage)
      await heard(stage, 'meanwhile')
      expect(textsOf(stage.store)).toEqual(['before', 'meanwhile'])
    },
  },
  {
    name: 'what was stored before a stop is not delivered again',
    async check(stage) {
      await using first = await startOne(stage)
      await stage.platform.say('before')
      const { key } = await heard(stage, 'before')
      await first.running.stop()
      await using _ = await startOne(stage)
      await stage.platform.say('after')
      await heard(stage, 'after')
      expect(stage.store.takes.filter((event) => event.key === key)).toHaveLength(1)
    },
  },
  {
    name: 'a stop leaves nothing behind, however often it is called',
    async check(stage) {
      await using live = await startOne(stage)
      await expect.poll(stage.platform.listeners).toBeGreaterThan(0)
      await Promise.all([live.running.stop(), live.running.stop()])
      await live.running.stop()
      await expect.poll(stage.platform.listeners).toBe(0)
      await stage.platform.say('too late')
      expect(stage.store.takes).toEqual([])
    },
  },
  {
    name: 'a stop while something is being stored ends with that, and loses nothing',
    async check(stage) {
      const { store, platform } = stage
      await using live = await startOne(stage)
      const release = store.hold()
      await platform.say('first')
      await platform.say('second')
      await expect.poll(() => store.takes.length).toBeGreaterThan(0)
      const stopped = live.running.stop()
      release()
      await stopped
      await expect.poll(platform.listeners).toBe(0)
      await using _ = await startOne(stage)
      await expect.poll(() => textsOf(store).toSorted()).toEqual(['first', 'second'])
    },
  },
  {
    name: 'a stop while the database is away ends, and loses nothing',
    async check(stage) {
      const { store, platform } = stage
      await using live = await startOne(stage)
      store.isAway = true
      await platform.say('kept')
      await expect.poll(() => store.takes.length).toBeGreaterThan(0)
      await live.running.stop()
      store.isAway = false
      await using _ = await startOne(stage)
      await heard(stage, 'kept')
    },
  },
  {
    name: 'of two processes, either hears what the other does not',
    async check(stage) {
      const { store, platform } = stage
      await using first = await startOne(stage)
      const host = store.createHost()
      const second = stage.create(host).start()
      await platform.say('both')
      await heard(stage, 'both')
      await first.running.stop()
      await platform.say('one is left')
      await heard(stage, 'one is left')
      await second.stop()
      expect(textsOf(store)).toEqual(['both', 'one is left'])
      expect([...first.host.reports, ...host.reports].filter(({ isUp }) => !isUp)).toEqual([])
    },
  },
  {
    name: 'whoever lost its turn takes another',
    async check(stage) {
      await using _ = await startOne(stage)
      stage.store.loseTurns()
      await stage.platform.say('still there?')
      await heard(stage, 'still there?')
    },
  },
  {
    name: 'refused credentials are reported in a sentence, and it goes on when they are mended',
    needs: ['login'],
    async check(stage) {
      const { store, platform } = stage
      platform.setTokenValid(false)
      const host = store.createHost()
      const running = stage.create(host).start()
      await expect
        .poll(() => host.reports.at(-1))
        .toMatchObject({ isUp: false, reason: expect.stringMatching(/_TOKEN/) })
      platform.setTokenValid(true)
      await expect.poll(host.isUp).toBe(true)
      await platform.say('there you are')
      await heard(stage, 'there you are')
      await running.stop()
    },
  },
]
