import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { ChannelErrorKind } from '../../src/channels/channel.ts'
import { alone, answersTo, edit, onlyShown, send, sendOptions, startOne } from './kit.ts'
import { RATE_SECONDS, type ChannelCase, type Fault, type Stage } from './stage.ts'
import { failureOf } from '../channel-kit.ts'

const failsAs = (fault: Fault, kind: ChannelErrorKind, isShown: boolean) => async (stage: Stage) => {
  await using live = await startOne(stage)
  const place = await alone(stage)
  stage.platform.fault(fault)
  const error = await failureOf(send(live, place, { markdown: 'try' }))
  expect(error.kind).toBe(kind)
  expect((await stage.platform.shown(place)).map(({ text }) => text)).toEqual(isShown ? ['try'] : [])
  // It was one call that failed: the next one goes.
  await send(live, place, { markdown: 'again' })
  expect((await stage.platform.shown(place)).at(-1)?.text).toBe('again')
}

/** What a refusal is called, so that `src/outbound` knows what to do. */
export const FAILING: ChannelCase[] = [
  { name: 'too fast is `rate`', check: failsAs('rate', 'rate', false) },
  { name: 'an error of the platform is `transient`', check: failsAs('server-error', 'transient', false) },
  { name: 'a drop on the way there is `transient`', check: failsAs('drop-before', 'transient', false) },
  { name: 'a drop on the way back is `transient`, though it is sent', check: failsAs('drop-after', 'transient', true) },
  {
    name: 'what is sent again by its key is one message where `idempotentSend` says so',
    async check(stage) {
      await using live = await startOne(stage)
      const place = await alone(stage)
      const sendIt = (options = sendOptions()) => live.channel.send(place, { markdown: 'once' }, options)
      const options = sendOptions()
      stage.platform.fault('drop-after')
      await failureOf(sendIt(options))
      const id = await sendIt(options)
      const { idempotentSend } = live.channel.limits
      expect((await stage.platform.shown(place)).map((shown) => shown.text)).toEqual(
        idempotentSend ? ['once'] : ['once', 'once'],
      )
      if (idempotentSend) expect(await sendIt(options)).toBe(id)
      expect(await sendIt()).not.toBe(id)
    },
  },
  {
    name: '`rate` says when to come back',
    async check(stage) {
      await using live = await startOne(stage)
      const place = await alone(stage)
      stage.platform.fault('rate')
      expect((await failureOf(send(live, place, { markdown: 'two' }))).retryAfterMs).toBe(RATE_SECONDS * 1000)
      expect(await stage.platform.shown(place)).toEqual([])
    },
  },
  {
    name: '`rate` says when to come back with an edit, too',
    needs: ['edits'],
    async check(stage) {
      await using live = await startOne(stage)
      const place = await alone(stage)
      const messageId = await send(live, place, { markdown: 'one' })
      stage.platform.fault('rate')
      const error = await failureOf(edit(live, place, messageId, { markdown: 'three' }))
      expect(error).toMatchObject({ kind: 'rate', retryAfterMs: RATE_SECONDS * 1000 })
      expect(await onlyShown(stage, place)).toMatchObject({ text: 'one' })
    },
  },
  {
    name: 'refused credentials are `auth`',
    needs: ['login'],
    async check(stage) {
      await using live = await startOne(stage)
      const place = await alone(stage)
      const messageId = await send(live, place, { markdown: 'one' })
      stage.platform.setTokenValid(false)
      expect((await failureOf(send(live, place, { markdown: 'two' }))).kind).toBe('auth')
      expect((await failureOf(edit(live, place, messageId, { markdown: 'two' }))).kind).toBe('auth')
    },
  },
  {
    name: 'a message that was removed is `gone`',
    needs: ['edits'],
    async check(stage) {
      await using live = await startOne(stage)
      const place = await alone(stage)
      const messageId = await send(live, place, { markdown: 'one' })
      await stage.platform.remove(place, messageId)
      expect((await failureOf(edit(live, place, messageId, { markdown: 'two' }))).kind).toBe('gone')
    },
  },
  {
    name: 'a room that threw us out is `gone`',
    async check(stage) {
      await using live = await startOne(stage)
      await stage.platform.mention('come in')
      const place = await answersTo(stage, 'come in')
      await stage.platform.throwOut(place)
      expect((await failureOf(send(live, place, { markdown: 'hello?' }))).kind).toBe('gone')
    },
  },
  {
    name: 'what nobody wants to be sent any more is not sent',
    async check(stage) {
      await using live = await startOne(stage)
      const place = await alone(stage)
      const options = { idempotencyKey: randomUUID(), signal: AbortSignal.abort() }
      expect((await failureOf(live.channel.send(place, { markdown: 'late' }, options))).kind).toBe('transient')
      expect(await stage.platform.shown(place)).toEqual([])
    },
  },
]
