import { ChannelError, type Accounts, type Actor } from '../channel.ts'
import type { Api } from './api.ts'

/** `https://gist.github.com/ada/<id>`, also without the name, of a revision, of its raw text, of a GitHub Enterprise. */
const GIST = /^https?:\/\/[^/\s]+\/(?:gist\/)?(?:[\w-]+\/)?([0-9a-f]{20,64}|\d{1,10})(?:[/.#?].*)?$/i
const LOGIN = /^[a-z\d][\w-]{0,99}$/i
const LONGEST = 200_000

/** Who somebody is on GitHub: by a gist of theirs, which nobody else can write, or by name. The id is the one that comments have. */
export function createAccounts({ inPublic }: Pick<Api, 'inPublic'>): Accounts {
  return {
    proofHint: 'Make a public gist (https://gist.github.com) with this code in it',
    async readProof(url, signal) {
      const [, id] = GIST.exec(url) ?? []
      if (id === undefined)
        throw new ChannelError('invalid', `${url} is no gist. Its address is as https://gist.github.com/ada/0123abcd….`)
      const { data } = await orElse(
        inPublic((octokit, request) => octokit.rest.gists.get({ gist_id: id, request }), signal),
        `GitHub has no gist at ${url}, or does not show it. Look at the address in your browser, and say it again.`,
      )
      if (!data.owner) throw new ChannelError('invalid', 'That gist is nobody’s. Make it while you are signed in.')
      const texts = Object.values(data.files ?? {}).map((file) => file?.content ?? '')
      return { author: toActor(data.owner), text: [data.description ?? '', ...texts].join('\n').slice(0, LONGEST) }
    },
    async find(account, signal) {
      const name = account.replace(/^@/, '')
      if (!LOGIN.test(name)) throw new ChannelError('invalid', `${name} cannot be a name on GitHub.`)
      const { data } = await orElse(
        inPublic(
          (octokit, request) =>
            /^\d+$/.test(account)
              ? octokit.rest.users.getById({ account_id: Number(account), request })
              : octokit.rest.users.getByUsername({ username: name, request }),
          signal,
        ),
        `GitHub has no account ${account}. Look at the spelling.`,
      )
      return toActor(data)
    },
  }
}

const toActor = ({ id, login, type }: { id: number; login: string; type: string }): Actor => ({
  id: String(id),
  name: login,
  isBot: type === 'Bot',
})

/** What GitHub says of something that is not there is for programs. */
async function orElse<T>(asking: Promise<T>, sentence: string): Promise<T> {
  try {
    return await asking
  } catch (error) {
    if (error instanceof ChannelError && error.kind === 'gone')
      throw new ChannelError('gone', sentence, { cause: error })
    throw error
  }
}
