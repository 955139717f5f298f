import { ChannelError } from '../channel.ts'
import type { Call } from './call.ts'
import { appTokenRefused } from './errors.ts'
import { BOT_SCOPES } from './manifest.ts'
import type { SlackSettings } from './settings.ts'
import type { Workspaces } from './workspaces.ts'

interface Parts {
  settings: SlackSettings
  workspaces: Workspaces
  call: Call
}

/** Who we are in Slack, in a sentence. Throws ChannelError that names the setting which Slack refuses. */
export async function checkApp({ settings: { botToken, appToken }, workspaces, call }: Parts): Promise<string> {
  if (appToken !== undefined)
    await refusedAs(appTokenRefused, () => call(appToken, (web) => web.apps.connections.open()))
  if (botToken === undefined) return 'Slack app for the workspaces that have installed it'
  workspaces.forget('')
  const { botName, teamName, scopes } = await refusedAs(botTokenRefused, () => workspaces.of(''))
  const missing = scopes === undefined ? [] : BOT_SCOPES.filter((scope) => !scopes.includes(scope))
  const lack = missing.length > 0 ? `; it lacks ${missing.join(', ')}: paste the manifest again, and reinstall it` : ''
  return `Slack app @${botName} in ${teamName}${lack}`
}

const botTokenRefused = (error: ChannelError) => `Slack refuses SLACK_BOT_TOKEN. ${error.message}`

async function refusedAs<T>(sentence: (error: ChannelError) => string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof ChannelError) || error.kind !== 'auth') throw error
    throw new ChannelError('auth', sentence(error), { cause: error })
  }
}
