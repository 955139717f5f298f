import { UserError } from '../../lib/errors.ts'
import type { ChannelKind } from '../channel.ts'
import { createGitHubChannel } from './github-channel.ts'
import { readSettings, SETTINGS } from './settings.ts'

/** Issues and pull requests on GitHub. */
export const github = {
  title: 'GitHub',
  create(settings, host) {
    const read = readSettings(settings)
    return read && createGitHubChannel(read, host)
  },
  settings: SETTINGS,
  setup: {
    steps: [
      'Make an account on GitHub for Drover to speak as (what that account writes itself is not heard), and give it write access to the repository; admin, if what it missed shall be fetched after an outage.',
      'As that account, make a personal access token: classic with the scope repo, or fine-grained with Issues, Pull requests and Contents (read and write), Metadata (read) and Webhooks (read and write). This is GITHUB_TOKEN. Or make a GitHub App with these permissions: GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY.',
      'Make up a long secret, as `openssl rand -hex 32` does: this is WEBHOOK_SECRET.',
      'In the repository, under Settings → Webhooks (for an App, on its own page), add a webhook: Payload URL https://<where Drover is reached>/webhooks/github (it is reached nowhere? docs/relay.md: then <DROVER_RELAY_URL>/webhooks/github), content type application/json, that secret, SSL verification on.',
      'Let it post these events: Issues, Issue comments, Pull requests, Pull request reviews, Pull request review comments.',
      'Write `@coding-assistant /help` (or the BOT_NAME you chose) in an issue. Who may write to the repository may use it.',
    ],
    ownId:
      'Open https://api.github.com/users/<your name>: the number behind "id". Who has write access to the repository needs no entry in an allow-list.',
    placeOf,
  },
} satisfies ChannelKind

/** `owner/repo#12`, or the address of an issue or a pull request. */
function placeOf(given: string) {
  const match =
    /^([\w.-]+\/[\w.-]+)#(\d+)$/.exec(given.trim()) ??
    /^https?:\/\/[^/]+\/([\w.-]+\/[\w.-]+)\/(?:issues|pull)\/(\d+)(?:[/?#]|$)/.exec(given.trim())
  const [, room, thread] = match ?? []
  if (room === undefined || thread === undefined)
    throw new UserError('github-place', `${given} is no issue on GitHub. Give it as owner/repo#12, or its address.`)
  return { tenant: '', room, thread }
}
