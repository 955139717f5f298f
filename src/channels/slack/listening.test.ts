import { expect, test } from 'vitest'
import { openSlack } from '../../../test/fakes/slack/slack-kit.ts'

test('sixty messages come through while Slack renews its connections', async () => {
  await using kit = await openSlack()
  const { slack, texts } = kit
  await kit.start()
  await expect.poll(slack.sockets.count).toBe(2)
  const words = Array.from({ length: 60 }, (_, n) => `message ${n}`)
  for (const [n, word] of words.entries()) {
    if (n % 20 === 10) slack.sockets.refresh()
    await slack.home.say(slack.home.direct, word)
    expect(slack.sockets.count()).toBeGreaterThan(0)
  }
  await expect.poll(() => texts().toSorted()).toEqual(words.toSorted())
  expect(slack.deliveries.lost).toEqual([])
  await expect.poll(slack.sockets.count).toBe(2)
})

test('one connection is enough, where Slack allows no second', async () => {
  await using kit = await openSlack()
  kit.slack.rules.mostConnections = 1
  const { host } = await kit.start()
  await kit.slack.home.say(kit.slack.home.direct, 'hello')
  await expect.poll(kit.texts).toEqual(['hello'])
  expect(host.reports).toEqual([{ isUp: true }])
})

test('that Socket Mode is off is said in a sentence, and noticed when it is on', async () => {
  await using kit = await openSlack()
  kit.slack.rules.refuseSockets = 'socket_mode_not_enabled'
  const { channel, host } = kit.create()
  const running = channel.start()
  await expect.poll(() => host.reports).toHaveLength(1)
  expect(host.reports[0]).toMatchObject({
    isUp: false,
    reason: expect.stringMatching(/SLACK_APP_TOKEN \(socket_mode_not_enabled\).*Socket Mode is on/),
  })
  delete kit.slack.rules.refuseSockets
  await expect.poll(host.isUp).toBe(true)
  await running.stop()
})

test('that Slack cannot be reached is said in a sentence, once', async () => {
  await using kit = await openSlack()
  const { channel, host } = kit.create({ SLACK_API_URL: 'http://127.0.0.1:1/api/' })
  const running = channel.start()
  await expect.poll(() => host.reports).toHaveLength(1)
  expect(host.reports[0]).toMatchObject({
    isUp: false,
    reason: expect.stringMatching(/^Slack cannot be reached: .*\. See/),
  })
  await running.stop()
  expect(host.reports).toHaveLength(1)
})

test('what we say and change ourselves is not taken for somebody speaking', async () => {
  await using kit = await openSlack()
  const { slack, store } = kit
  const { channel } = await kit.start()
  const signal = AbortSignal.timeout(30_000)
  const id = await channel.send(kit.direct, { markdown: 'work' }, { idempotencyKey: '1', signal })
  await channel.edit(kit.direct, id, { markdown: 'done' }, signal)
  await slack.home.say(slack.home.direct, 'last')
  await expect.poll(kit.texts).toEqual(['last'])
  expect(store.takes).toHaveLength(1)
  // Both were delivered, and acknowledged.
  expect(slack.deliveries.lost).toEqual([])
})

test('who speaks has the name that people read, or the id where Slack does not tell', async () => {
  await using kit = await openSlack()
  const { home } = kit.slack
  kit.slack.faults.add(['users.info'], { kind: 'refusal', error: 'missing_scope', needed: 'users:read' })
  await kit.start()
  await home.say(home.direct, 'unnamed')
  await expect.poll(kit.texts).toEqual(['unnamed'])
  expect(kit.store.events[0]?.actor).toEqual({ id: home.ada.id, name: home.ada.id, isBot: false, isOfTenant: true })
})

test('a command is answered at once, to the person who typed it', async () => {
  await using kit = await openSlack()
  await kit.start()
  const answer = await kit.slack.home.slash(kit.slack.home.channel, '')
  expect(answer).toEqual({ response_type: 'ephemeral', text: 'On it.' })
  expect(kit.texts()).toEqual(['/help'])
})

test('a command that cannot be stored is not acknowledged: the person sees that it failed', async () => {
  await using kit = await openSlack()
  await kit.start()
  kit.store.isAway = true
  expect(await kit.slack.home.slash(kit.slack.home.channel, 'status')).toBeUndefined()
  expect(kit.store.takes.length).toBeGreaterThan(1)
})

test('over HTTP nothing is connected, and all arrives', async () => {
  await using kit = await openSlack()
  const { channel, host } = kit.create({ SLACK_APP_TOKEN: '', SLACK_SIGNING_SECRET: 'secret' })
  const running = channel.start()
  await expect.poll(host.isUp).toBe(true)
  expect(kit.slack.sockets.count()).toBe(0)
  expect(channel.receive).toBeDefined()
  await running.stop()
})
