/** What Slack sends to an app, in the shape in which it sends it. */
import { randomUUID } from 'node:crypto'
import type { Message, SlackFile } from './see-message.ts'

export interface Where {
  team: string
  botUser: string
  channel: string
}

export const eventBody = ({ team, botUser }: Where, event: Record<string, unknown>) => ({
  token: 'verification-token',
  team_id: team,
  context_team_id: team,
  context_enterprise_id: null,
  api_app_id: 'A0DROVER',
  event,
  type: 'event_callback',
  event_id: `Ev${randomUUID().slice(0, 8).toUpperCase()}`,
  event_time: Math.floor(Date.now() / 1000),
  authorizations: [
    { enterprise_id: null, team_id: team, user_id: botUser, is_bot: true, is_enterprise_install: false },
  ],
  is_ext_shared_channel: false,
})

export const messageEvent = ({ team, channel }: Where, message: Message) => ({
  type: 'message',
  ...message,
  client_msg_id: randomUUID(),
  team,
  channel,
  channel_type: channel.startsWith('D') ? 'im' : 'channel',
  event_ts: message.ts,
})

/** No `channel_type`: only `message` has it. Files it has, or only names in its blocks. */
export const mentionEvent = ({ team, channel }: Where, message: Message, hasFiles = true) => ({
  ...message,
  type: 'app_mention',
  subtype: undefined,
  ...(message.files && !hasFiles && { files: undefined, blocks: [fileNames(message.files)] }),
  client_msg_id: randomUUID(),
  team,
  channel,
  event_ts: message.ts,
})

const fileNames = (files: SlackFile[]) => ({
  type: 'rich_text',
  block_id: 'b1',
  elements: [{ type: 'rich_text_section', elements: files.map(({ id }) => ({ type: 'file', file_id: id })) }],
})

export const changedEvent = ({ channel }: Where, message: Message) => ({
  type: 'message',
  subtype: 'message_changed',
  hidden: true,
  message,
  previous_message: message,
  channel,
  channel_type: channel.startsWith('D') ? 'im' : 'channel',
  ts: laterThan(message.ts),
  event_ts: laterThan(message.ts),
})

const laterThan = (ts: string) => `${Number(ts.split('.')[0]) + 1}.000100`

export const slashBody = (
  { team, channel }: Where,
  user: { id: string; name: string },
  command: string,
  text: string,
) => ({
  token: 'verification-token',
  team_id: team,
  team_domain: 'acme',
  channel_id: channel,
  channel_name: channel.startsWith('D') ? 'directmessage' : 'eng',
  user_id: user.id,
  user_name: user.name,
  command,
  text,
  api_app_id: 'A0DROVER',
  is_enterprise_install: 'false',
  response_url: 'https://hooks.slack.com/commands/T/1/x',
  trigger_id: `${Date.now()}.${Math.floor(Math.random() * 1e9)}.${randomUUID().replaceAll('-', '')}`,
})

export const pressBody = (
  { team, channel }: Where,
  user: { id: string; name: string },
  message: Message,
  button: { label: string; value: string },
) => ({
  type: 'block_actions',
  user: { id: user.id, username: user.name, name: user.name, team_id: team },
  api_app_id: 'A0DROVER',
  token: 'verification-token',
  container: {
    type: 'message',
    message_ts: message.ts,
    channel_id: channel,
    is_ephemeral: false,
    ...(message.thread_ts !== undefined && { thread_ts: message.thread_ts }),
  },
  trigger_id: `${Date.now()}.1.${randomUUID().replaceAll('-', '')}`,
  team: { id: team, domain: 'acme' },
  enterprise: null,
  is_enterprise_install: false,
  channel: { id: channel, name: channel.startsWith('D') ? 'directmessage' : 'eng' },
  message,
  state: { values: {} },
  response_url: 'https://hooks.slack.com/actions/T/1/x',
  actions: [
    {
      type: 'button',
      action_id: 'choice-0',
      block_id: 'b1',
      text: { type: 'plain_text', text: button.label, emoji: true },
      value: button.value,
      action_ts: (Date.now() / 1000).toFixed(6),
    },
  ],
})
