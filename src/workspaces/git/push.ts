import { RetryLater, UserError } from '../../lib/errors.ts'
import type { Harvest } from '../workspace.ts'
import { refs, resolveCommit, type Cache } from './cache.ts'
import type { Connection } from './connection.ts'
import { GitFailed } from './run-git.ts'

/** What the remote answered for one ref (`git push --porcelain`). */
interface Answer {
  ref: string
  isTaken: boolean
  why: string
}

/**
 * The branch, and the checkpoint on its hidden ref, in one go. A branch that somebody else moved is left alone; one that
 * still lies where we put it may be rewritten, for agents amend and rebase. Call it under the cache's lock.
 */
export async function pushWork(
  cache: Cache,
  connection: Connection,
  workspaceId: string,
  harvest: Harvest,
): Promise<void> {
  const { branch, head, base, checkpoint } = harvest
  const pushed = await resolveCommit(cache, refs.work(workspaceId, 'pushed'))
  const hasCommits = head !== base
  if (!hasCommits && (await isSameTree(cache, head, checkpoint.sha)) && pushed === undefined) return

  const branchSpec = hasCommits ? [`${head}:refs/heads/${branch}`] : []
  const send = (options: string[], specs: string[]) => push(cache, connection, options, specs)
  let answers = await send([], [...branchSpec, `+${checkpoint.sha}:${checkpoint.ref}`])
  // A hook judges a push as a whole: without the hidden ref it may like it.
  if (hasCommits && isRefused(answers, branch, /hook|prohibited|deny|hidden/i)) answers = await send([], branchSpec)
  if (pushed !== undefined && isRefused(answers, branch, /non-fast-forward|fetch first|already exists/))
    answers = await send([`--force-with-lease=refs/heads/${branch}:${pushed}`], branchSpec)

  const refusal = answers.find(({ ref, isTaken }) => ref === `refs/heads/${branch}` && !isTaken)
  if (refusal) throw explainRefusal(refusal.why, branch, connection)
  if (hasCommits) await cache.git(['update-ref', refs.work(workspaceId, 'pushed'), head])
}

async function push(cache: Cache, { address, git }: Connection, options: string[], specs: string[]): Promise<Answer[]> {
  const args = ['-C', cache.folder, 'push', '--porcelain', '--no-verify', ...options, '--', address.url, ...specs]
  try {
    return parseAnswers(await git(args, { timeoutMs: 10 * 60_000 }))
  } catch (error) {
    // A refused ref makes git fail as well; what it says of each ref is on stdout.
    const cause = error instanceof GitFailed ? error : (error as Error).cause
    const answers = cause instanceof GitFailed ? parseAnswers(cause.stdout) : []
    if (answers.length === 0) throw error
    return answers
  }
}

/** Lines of `<flag>\t<from>:<to>\t<summary> (<reason>)`; "!" is a refusal. */
export function parseAnswers(text: string): Answer[] {
  return text.split('\n').flatMap((line) => {
    const [, flag, ref, why] = /^(.)\t[^:\t]*:(\S+)\t(.*)$/.exec(line) ?? []
    return flag === undefined || ref === undefined ? [] : [{ ref, isTaken: flag !== '!', why: why ?? '' }]
  })
}

const isRefused = (answers: Answer[], branch: string, why: RegExp) =>
  answers.some((answer) => answer.ref === `refs/heads/${branch}` && !answer.isTaken && why.test(answer.why))

async function isSameTree(cache: Cache, one: string, other: string): Promise<boolean> {
  const trees = await cache.git(['rev-parse', `${one}^{tree}`, `${other}^{tree}`])
  const [first, second] = trees.trim().split('\n')
  return first === second
}

const KEPT = 'The work is kept in the workspace and its checkpoint.'

function explainRefusal(why: string, branch: string, { address }: Connection): Error {
  if (/non-fast-forward|fetch first|stale info|already exists/.test(why))
    return new UserError(
      'branch-moved',
      `Somebody else has pushed to ${branch} on ${address.url}. ${KEPT} Ask the agent to merge origin/${branch}, or choose another branch.`,
    )
  if (/checked out/.test(why))
    return new UserError(
      'branch-checked-out',
      `${branch} is checked out in ${address.url}, and a push would change files under somebody's hands. ${KEPT} Choose another branch.`,
    )
  if (/cannot lock ref|failed to update ref|remote unpack failed|unpacker error/i.test(why))
    return new RetryLater(`${address.url} could not store ${branch} (${why}).`, 10_000)
  return new UserError(
    'branch-refused',
    `${address.url} refuses a push to ${branch} (${why}). ${KEPT} Choose a branch that is not protected, or let Drover's account push to it.`,
  )
}
