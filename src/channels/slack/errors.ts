import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api'
import { messageOf } from '../../lib/errors.ts'
import { ChannelError, type ChannelErrorKind } from '../channel.ts'

const REINSTALL = 'Reinstall the app in that workspace, then run `drover setup slack` with the new token.'
const INVITE = 'Invite it there: /invite @Drover.'

/** What Slack's error codes mean for us, and what a person does about them. A code that is not here is `invalid`. */
const MEANING: Record<string, [ChannelErrorKind, string]> = {
  ratelimited: ['rate', 'Slack is asked too often.'],
  rate_limited: ['rate', 'Slack is asked too often.'],
  message_limit_exceeded: ['rate', 'This workspace sends too many messages.'],
  internal_error: ['transient', 'Slack had an error of its own.'],
  fatal_error: ['transient', 'Slack had an error of its own.'],
  service_unavailable: ['transient', 'Slack is not available.'],
  request_timeout: ['transient', 'Slack did not get the whole request.'],
  invalid_auth: ['auth', `Slack does not know the token. ${REINSTALL}`],
  not_authed: ['auth', `Slack got no token. ${REINSTALL}`],
  token_revoked: ['auth', `The token was revoked. ${REINSTALL}`],
  token_expired: ['auth', `The token has expired. ${REINSTALL}`],
  account_inactive: ['auth', `The app was removed from the workspace. ${REINSTALL}`],
  org_login_required: ['auth', 'The workspace moves to an Enterprise organisation. Try again when that is done.'],
  team_access_not_granted: ['auth', 'The app is not allowed in that workspace. Ask an administrator of Slack.'],
  not_allowed_token_type: [
    'auth',
    'This is the wrong kind of token: SLACK_BOT_TOKEN begins with xoxb-, SLACK_APP_TOKEN with xapp-.',
  ],
  no_permission: ['auth', `The token may not do that. ${REINSTALL}`],
  channel_not_found: ['gone', `Slack has no such channel, or the app cannot see it. ${INVITE}`],
  not_in_channel: ['gone', `The app is not in that channel. ${INVITE}`],
  is_archived: ['gone', 'The channel is archived.'],
  restricted_action: ['gone', 'The app may not post in that channel.'],
  user_not_found: ['gone', 'Slack has no such person.'],
  message_not_found: ['gone', 'The message is no more.'],
  thread_not_found: ['gone', 'The thread is no more.'],
  cant_update_message: ['gone', 'The message can no longer be changed.'],
  edit_window_closed: ['gone', 'The message can no longer be changed.'],
}

/** Any failure of a call to Slack, in the words of the contract. */
export function toChannelError(error: unknown): ChannelError {
  if (error instanceof ChannelError) return error
  if (error instanceof WebAPIRateLimitedError)
    return new ChannelError('rate', 'Slack is asked too often.', {
      cause: error,
      retryAfterMs: error.retryAfter * 1000,
    })
  if (error instanceof WebAPIPlatformError) return fromCode(error)
  if (error instanceof WebAPIHTTPError) return fromStatus(error)
  if (error instanceof WebAPIRequestError)
    return new ChannelError('transient', `Slack did not answer: ${causeOf(error.original)}.`, { cause: error })
  // Web-api throws a plain error for a 429 without a time.
  if (messageOf(error).startsWith('Retry header'))
    return new ChannelError('rate', 'Slack is asked too often.', { cause: error })
  // What is left broke while the answer was read.
  return new ChannelError('transient', `Slack's answer did not arrive whole: ${causeOf(error)}.`, { cause: error })
}

function fromCode(error: WebAPIPlatformError): ChannelError {
  const { error: code, response_metadata: metadata } = error.data
  // An answer that is no JSON, such as a proxy's page: web-api puts all of it here.
  if (!/^[a-z0-9_:]+$/i.test(code))
    return new ChannelError('transient', 'Slack answered with something else than JSON.', { cause: error })
  if (code === 'missing_scope') return missingScope(error)
  const [kind, meaning] = MEANING[code] ?? MEANING[code.replace(/^restricted_action.*/, 'restricted_action')] ?? []
  const details = metadata?.messages?.join(' ') ?? ''
  return new ChannelError(kind ?? 'invalid', `${meaning ?? 'Slack does not take this.'} (${code}) ${details}`.trim(), {
    cause: error,
    ...(kind === 'rate' && metadata?.retryAfter !== undefined && { retryAfterMs: metadata.retryAfter * 1000 }),
  })
}

function missingScope(error: WebAPIPlatformError): ChannelError {
  const needed = 'needed' in error.data && typeof error.data.needed === 'string' ? error.data.needed : 'a scope'
  return new ChannelError('auth', `${lacksScope(needed)} (missing_scope)`, { cause: error })
}

/** What a person does about it. */
export const lacksScope = (scope: string) =>
  `The Slack app lacks ${scope}. Add it under OAuth & Permissions and reinstall the app, or paste the manifest of \`drover setup slack\`.`

function fromStatus(error: WebAPIHTTPError): ChannelError {
  const isPassing = error.statusCode >= 500 || error.statusCode === 408
  return new ChannelError(isPassing ? 'transient' : 'invalid', `Slack answered with HTTP ${error.statusCode}.`, {
    cause: error,
  })
}

/** Of the app-level token: what to do about it is another thing than with a bot token. */
export const appTokenRefused = (error: unknown) =>
  `Slack refuses SLACK_APP_TOKEN (${codeIn(error)}). Make an app-level token with connections:write under Basic Information, and see that Socket Mode is on.`

/** Slack's own word for it: `invalid_auth`. */
function codeIn(error: unknown): string {
  if (error instanceof WebAPIPlatformError) return error.data.error
  return error instanceof Error && error.cause !== undefined ? codeIn(error.cause) : messageOf(error)
}

/** Fetch says `fetch failed`, and hides why one level below. */
export function causeOf(error: unknown): string {
  if (error instanceof Error && error.cause !== undefined) return causeOf(error.cause)
  return messageOf(error).replace(/\.$/, '') || 'no reason given'
}
