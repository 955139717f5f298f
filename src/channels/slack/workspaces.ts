import { ChannelError, type ChannelHost } from '../channel.ts'
import type { Call } from './call.ts'

/** A Slack workspace in which the app is installed. */
export interface Workspace {
  team: string
  teamName: string
  token: string
  /** Who we are there. */
  botUser: string
  botName: string
  /** What the token may do, where Slack tells. */
  scopes: string[] | undefined
}

export interface Workspaces {
  /** By team id; '' is the one of SLACK_BOT_TOKEN. Throws ChannelError `auth` where the app is not installed. */
  of(team: string): Promise<Workspace>
  /** Its token was refused: the next one who asks gets what is stored by then. */
  forget(team: string): void
}

interface Parts {
  botToken: string | undefined
  readCredentials: ChannelHost['readCredentials']
  call: Call
}

/** A new installation, or a removed one, is noticed within this time. */
const KEPT_MS = 5 * 60_000

/** Tokens by workspace: what was stored when the app was installed there, else SLACK_BOT_TOKEN in the workspace it belongs to. */
export function createWorkspaces({ botToken, readCredentials, call }: Parts): Workspaces {
  const known = new Map<string, { workspace: Promise<Workspace>; until: number }>()

  function of(team: string): Promise<Workspace> {
    const kept = known.get(team)
    if (kept && kept.until > Date.now()) return kept.workspace
    const workspace = find(team)
    const entry = { workspace, until: Date.now() + KEPT_MS }
    known.set(team, entry)
    workspace.catch(() => {
      if (known.get(team) === entry) known.delete(team)
    })
    return workspace
  }

  async function find(team: string): Promise<Workspace> {
    const installed = team === '' ? undefined : await readCredentials(team)
    const token = installed?.['botToken']
    if (token !== undefined) {
      const workspace = await identify(token)
      if (workspace.team === team) return workspace
    } else if (team === '' && botToken !== undefined) return identify(botToken)
    else if (botToken !== undefined) {
      const home = await of('')
      if (home.team === team) return home
    }
    throw new ChannelError(
      'auth',
      team === ''
        ? 'No Slack workspace is meant when SLACK_BOT_TOKEN is not set. Set it, or run `drover setup slack`.'
        : `Drover has no token for the Slack workspace ${team}. Install the app there with \`drover setup slack\`.`,
    )
  }

  async function identify(token: string): Promise<Workspace> {
    const answer = await call(token, (web) => web.auth.test())
    const { team_id: team = '', team: teamName = team, user_id: botUser = '', user: botName = botUser } = answer
    return { team, teamName, token, botUser, botName, scopes: answer.response_metadata?.scopes }
  }

  return {
    of,
    forget(team) {
      known.delete(team)
      known.delete('')
    },
  }
}
