/** What people do on GitHub: Ada, whose repository it is, and Eve, who may only speak there. */
import { seeComment, type Seen } from './see-comment.ts'

interface Comment extends Seen {
  id: number
  by: string
  body: string
  updatedAt: string
}

export interface People {
  ada: { id: number; name: string }
  /** Two issues and a pull request that are open. */
  issues: [number, number]
  pull: number
  open(): Promise<void>
  openIssue(title: string, body: string, by?: string): Promise<number>
  openPull(title: string, body: string): Promise<number>
  comment(issue: number, body: string, by?: string): Promise<number>
  reviewComment(pull: number, body: string, spot: { path: string; line: number }): Promise<number>
  review(pull: number, body: string, comments: { path: string; position: number; body: string }[]): Promise<number>
  /** What is seen in an issue now, oldest first. */
  comments(issue: number): Promise<Comment[]>
  remove(comment: number): Promise<void>
  setPermission(login: string, permission: 'pull' | 'push' | 'maintain' | 'admin'): Promise<void>
  addHook(url: string, secret: string): Promise<number>
}

interface Parts {
  url: string
  repository: string
  tokens: Record<string, string>
}

export function createPeople({ url, repository, tokens }: Parts): People {
  async function ask(by: string, method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${url}${path}`, {
      method,
      // A connection of its own: one that was kept may be closed in the moment in which it is used.
      headers: { authorization: `Bearer ${tokens[by]}`, 'content-type': 'application/json', connection: 'close' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`The emulator refuses ${method} ${path}: ${response.status} ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }
  const repo = `/repos/${repository}`
  const create = async (by: string, path: string, body: unknown) =>
    (await ask(by, 'POST', `${repo}${path}`, body)) as { id: number; number: number }

  const people: People = {
    ada: { id: 0, name: 'ada' },
    issues: [0, 0],
    pull: 0,
    async open() {
      const { id } = (await ask('ada', 'GET', '/user')) as { id: number }
      people.ada.id = id
      await people.setPermission('drover-bot', 'admin')
      const first = await people.openIssue('Login is slow', 'It takes a minute.')
      people.issues = [first, await people.openIssue('Dark mode', 'Please.')]
      people.pull = await people.openPull('Faster login', 'See #1.')
    },
    openIssue: async (title, body, by = 'ada') => (await create(by, '/issues', { title, body })).number,
    openPull: async (title, body) =>
      (await create('ada', '/pulls', { title, body, head: 'topic', base: 'main' })).number,
    comment: async (issue, body, by = 'ada') => (await create(by, `/issues/${issue}/comments`, { body })).id,
    reviewComment: async (pull, body, spot) => (await create('ada', `/pulls/${pull}/comments`, { body, ...spot })).id,
    review: async (pull, body, comments) =>
      (await create('ada', `/pulls/${pull}/reviews`, { body, event: 'COMMENT', comments })).id,
    async comments(issue) {
      const all = (await ask('ada', 'GET', `${repo}/issues/${issue}/comments?per_page=100`)) as {
        id: number
        body: string
        updated_at: string
        user: { login: string }
      }[]
      return all
        .toSorted((a, b) => a.id - b.id)
        .map(({ id, body, user, updated_at: updatedAt }) => ({
          ...seeComment(body),
          id,
          body,
          by: user.login,
          updatedAt,
        }))
    },
    remove: async (comment) => void (await ask('ada', 'DELETE', `${repo}/issues/comments/${comment}`)),
    setPermission: async (login, permission) =>
      void (await ask('ada', 'PUT', `${repo}/collaborators/${login}`, { permission })),
    addHook: async (target, secret) =>
      (
        await create('ada', '/hooks', {
          config: { url: target, content_type: 'json', secret },
          events: ['issues', 'issue_comment', 'pull_request', 'pull_request_review', 'pull_request_review_comment'],
        })
      ).id,
  }
  return people
}
