/** Beside the first stage: the files of messages that wait for them are fetched, and what was spoken is written down. */
import type { Attachment } from '../channels/channel.ts'
import { asSystem, onceAsSystem } from '../db/scope.ts'
import { claimFetch, fetchLater, finishFetching, renewFetch, saveFile, type Fetched } from '../inbox/fetch-store.ts'
import { listFiles } from '../inbox/file-store.ts'
import type { Said } from '../inbox/inbox.ts'
import { RetryLater } from '../lib/errors.ts'
import type { Running } from '../lib/running.ts'
import { startWakefulLoop } from '../lib/wakeful-loop.ts'
import { fetchOne, gaveUp, MOST_FILES, tooMany } from './fetch-one.ts'
import type { FetchingParts } from './parts.ts'

/** How many messages' files are fetched at once; each may hold a file of full size in memory. */
const AT_ONCE = 3
/** For what nobody announces: a wait that is over, a lease that ran out. */
const POLL_MS = 1_000
/** Whoever was killed in the middle of it is replaced after that; who fetches renews it three times as often. */
const LEASE_SECONDS = 6
/** What was said after it in its place waits all the while: a minute of patience, not an hour. */
const WAITS_SECONDS = [2, 8, 30]
const LONGEST_WAIT_SECONDS = 60

/** Fetches until stopped. Any number of processes may. */
export function startFetching(parts: FetchingParts): Running {
  const stopping = new AbortController()
  const look = () =>
    fetchNext(parts, stopping.signal).catch((error: unknown) => {
      parts.log.error({ err: error }, 'the files of a message cannot be fetched')
      return false
    })
  const fetchers = Array.from({ length: AT_ONCE }, () => startWakefulLoop(POLL_MS, look))
  const stopListening = parts.database.listener.on('drover_inbox', () => fetchers.forEach((each) => each.wake()))
  return {
    async stop() {
      stopListening()
      stopping.abort()
      await Promise.all(fetchers.map((fetcher) => fetcher.stop()))
    },
  }
}

/** The files of one message. False when there is none. */
export async function fetchNext(parts: FetchingParts, stopping: AbortSignal): Promise<boolean> {
  const { database, log } = parts
  // What another of us has just given back is for the next process.
  if (stopping.aborted) return false
  const claim = await onceAsSystem(database, (db) => claimFetch(db, LEASE_SECONDS))
  if (!claim) return false
  const lost = new AbortController()
  const renewal = setInterval(
    () => {
      onceAsSystem(database, (db) => renewFetch(db, claim, LEASE_SECONDS)).then(
        (isHeld) => isHeld || lost.abort(),
        // One that fails is made good by the next, or another takes over, and our notes are refused.
        () => undefined,
      )
    },
    (LEASE_SECONDS * 1_000) / 3,
  )
  try {
    await fetchAll(parts, claim, AbortSignal.any([stopping, lost.signal]))
  } catch (error) {
    if (lost.signal.aborted) return true
    // Anything else is a bug, or the database is away: the lease runs out, and it is tried again.
    if (!stopping.aborted && !(error instanceof RetryLater)) throw error
    const seconds = error instanceof RetryLater ? Math.min(error.afterMs / 1_000, LONGEST_WAIT_SECONDS) : 0
    if (!stopping.aborted) log.info({ inbox: claim.id, err: error, seconds }, 'a file did not come, and is tried again')
    const later = stopping.aborted ? { seconds: 0, counts: false } : { seconds, counts: true }
    await onceAsSystem(database, (db) => fetchLater(db, claim, later))
  } finally {
    clearInterval(renewal)
  }
  return true
}

/** What came in an earlier try is there. In the last one what does not come is given up, so that the words go on. */
async function fetchAll(parts: FetchingParts, claim: Said, signal: AbortSignal): Promise<void> {
  const { database } = parts
  const log = parts.log.child({ inbox: claim.id })
  const { event, tries } = claim
  const { attachments = [], text } = event.type === 'message' ? event : { text: '' }
  const turn = { log, signal, hasWords: text.trim() !== '', waitSeconds: WAITS_SECONDS[tries - 1] }
  const known = await asSystem(database, (db) => listFiles(db, claim.id))
  const there = new Set(known.map(({ n }) => n))
  for (const [n, file] of attachments.slice(0, MOST_FILES + 1).entries()) {
    if (there.has(n)) continue
    const fetched = await whatOf(file, n)
    const isHeld = await asSystem(database, (db) => saveFile(db, claim, { ...file, n }, fetched))
    if (!isHeld) return
  }
  await asSystem(database, async (db) => {
    const spoken = (await listFiles(db, claim.id)).flatMap(({ transcript }) => (transcript ? [transcript.text] : []))
    const words = [text, ...spoken].filter((part) => part.trim() !== '').join('\n\n')
    await finishFetching(db, claim, words)
  })

  function whatOf(file: Attachment, n: number): Fetched | Promise<Fetched> {
    if (n === MOST_FILES) return { problem: tooMany(attachments.length) }
    // Whoever tried before did not live to say so.
    if (tries > WAITS_SECONDS.length + 1) return { problem: gaveUp(file) }
    return fetchOne(parts, event.place, file, turn)
  }
}
