import { describe, expect, test } from 'vitest'
import { createTestStore } from '../../../test/channel-host.ts'
import { slack } from './slack.ts'

const create = (settings: Record<string, string>) => slack.create(settings, createTestStore().createHost())
const BOTH = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' }

describe('settings', () => {
  test.each([{}, { SLACK_BOT_TOKEN: '', SLACK_APP_TOKEN: ' ' }, { SLACK_STREAMING_MODE: 'batch' }])(
    '%j name no Slack app',
    (settings) => {
      expect(create(settings)).toBeUndefined()
    },
  )

  test('both tokens, or one and the signing secret, make a channel', () => {
    expect(create(BOTH)).toMatchObject({ name: 'slack', streaming: 'stream' })
    expect(create({ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 's' })).toMatchObject({ name: 'slack' })
    expect(create({ ...BOTH, SLACK_STREAMING_MODE: 'chunks' })).toMatchObject({ streaming: 'chunks' })
  })

  test.each<[Record<string, string>, RegExp]>([
    [{ SLACK_BOT_TOKEN: 'xoxb-1' }, /^SLACK_APP_TOKEN is missing/],
    [{ SLACK_APP_TOKEN: 'xapp-1' }, /^SLACK_BOT_TOKEN is missing/],
    [{ SLACK_BOT_TOKEN: 'xapp-1', SLACK_APP_TOKEN: 'xoxb-1' }, /^SLACK_BOT_TOKEN must begin with xoxb-/],
    [{ ...BOTH, SLACK_APP_TOKEN: 'xoxb-1' }, /^SLACK_APP_TOKEN must begin with xapp-/],
    [{ ...BOTH, SLACK_STREAMING_MODE: 'loud' }, /stream, batch, chunks/],
    [{ ...BOTH, SLACK_API_URL: 'https://slack.com' }, /ends in \/api\//],
    [{ ...BOTH, SLACK_API_URL: 'slack/api/' }, /ends in \/api\//],
  ])('%j do not fit together', (settings, message) => {
    expect(() => create(settings)).toThrow(message)
  })

  test('all that is read is described', () => {
    const names = slack.settings.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining([...Object.keys(BOTH), 'SLACK_ALLOWED_USER_IDS']))
    expect(
      slack.settings
        .filter((setting) => 'isSecret' in setting)
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(['SLACK_APP_TOKEN', 'SLACK_BOT_TOKEN', 'SLACK_SIGNING_SECRET'])
  })
})

describe('setup', () => {
  test('the manifest lets people write to the app, and the app hear them', () => {
    const manifest = JSON.parse(slack.setup.manifest)
    expect(manifest.features.app_home).toMatchObject({
      messages_tab_enabled: true,
      messages_tab_read_only_enabled: false,
    })
    expect(manifest.settings).toMatchObject({ socket_mode_enabled: true, interactivity: { is_enabled: true } })
    const scopes = new Set(manifest.oauth_config.scopes.bot)
    const scopeOf: Record<string, string> = {
      app_mention: 'app_mentions:read',
      'message.channels': 'channels:history',
      'message.groups': 'groups:history',
      'message.im': 'im:history',
      'message.mpim': 'mpim:history',
    }
    expect(manifest.settings.event_subscriptions.bot_events.toSorted()).toEqual(Object.keys(scopeOf).toSorted())
    for (const scope of Object.values(scopeOf)) expect(scopes).toContain(scope)
  })

  test.each([
    ['C012AB3CD', 'C012AB3CD', ''],
    ['U012AB3CD', 'U012AB3CD', ''],
    ['C012AB3CD:1700000000.000100', 'C012AB3CD', '1700000000.000100'],
    ['https://acme.slack.com/archives/C012AB3CD', 'C012AB3CD', ''],
    ['https://acme.slack.com/archives/C012AB3CD/p1700000000000100', 'C012AB3CD', '1700000000.000100'],
    [
      'https://acme.slack.com/archives/C012AB3CD/p1700000009000100?thread_ts=1700000000.000100&cid=C012AB3CD',
      'C012AB3CD',
      '1700000000.000100',
    ],
  ])('%s is a place', (given, room, thread) => {
    expect(slack.setup.placeOf(given)).toEqual({ tenant: '', room, thread })
  })

  test.each(['', '#general', 'general', 'https://example.org'])('%j is none', (given) => {
    expect(() => slack.setup.placeOf(given)).toThrow(/is no place in Slack/)
  })
})
