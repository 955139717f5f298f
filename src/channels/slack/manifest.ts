/** To hear what is said where the app is a member, and to write there. README.md says what each is for. */
export const BOT_SCOPES = [
  'app_mentions:read',
  'channels:history',
  'chat:write',
  'commands',
  'files:read',
  'files:write',
  'groups:history',
  'im:history',
  'im:read',
  'im:write',
  'mpim:history',
  'users:read',
]

/** The app, as Slack's `Create New App → From a manifest` takes it. */
export const MANIFEST = JSON.stringify(
  {
    display_information: {
      name: 'Drover',
      description: 'Drives AI coding agents from Slack',
      background_color: '#2c2d30',
    },
    features: {
      // Without the messages tab nobody can write to the app in a direct message.
      app_home: { home_tab_enabled: false, messages_tab_enabled: true, messages_tab_read_only_enabled: false },
      bot_user: { display_name: 'Drover', always_online: true },
      slash_commands: [
        {
          command: '/drover',
          description: 'Commands of Drover',
          usage_hint: 'help | status | …',
          should_escape: false,
        },
      ],
    },
    oauth_config: { scopes: { bot: BOT_SCOPES } },
    settings: {
      event_subscriptions: {
        bot_events: ['app_mention', 'message.channels', 'message.groups', 'message.im', 'message.mpim'],
      },
      interactivity: { is_enabled: true },
      org_deploy_enabled: false,
      socket_mode_enabled: true,
      token_rotation_enabled: false,
    },
  },
  undefined,
  2,
)
