import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../lib/errors.ts'
import { startLoop } from '../../lib/loop.ts'
import type { Running } from '../../lib/running.ts'
import { ChannelError, type Channel, type ChannelHost, type ChannelLimits } from '../channel.ts'
import { createApi } from './api.ts'
import { createCatchUp } from './catch-up.ts'
import { createDelivery } from './deliver.ts'
import { createAccounts } from './gist.ts'
import { createGitToken } from './git-token.ts'
import { createHooks } from './hooks.ts'
import { createIntake } from './intake.ts'
import { createReceive } from './receive.ts'
import { createSent } from './sent.ts'
import type { GitHubSettings } from './settings.ts'
import { testPosts } from './test-posts.ts'

const LIMITS: ChannelLimits = {
  // GitHub takes 65,536: the rest is for the marker and what can be chosen.
  text: 65_000,
  pieces: 3,
  // Some 80 comments a minute.
  sendGapMs: 1000,
  editGapMs: 5000,
  fileBytes: 0,
  idempotentSend: true,
}

/** How often failed deliveries are looked for, and whether the credentials still hold. */
const ROUND_MS = 15 * 60_000
/** How often what is new is stored, and what was refused is tried again. */
const UPKEEP_MS = 1000
const AGAIN_MS = 1000
const LONGEST_PAUSE_MS = 60_000

export function createGitHubChannel(settings: GitHubSettings, host: ChannelHost): Channel {
  const { botName, secrets, streaming } = settings
  const api = createApi(settings)
  const sent = createSent()
  const hooks = createHooks(host)
  const intake = createIntake({ api, host, botName, sent })
  const catchUp = createCatchUp({ api, hooks, log: host.log })
  let lastTrouble = ''
  let behind = { pauseMs: AGAIN_MS, nextAt: 0 }

  async function check() {
    const { login } = await api.introduce()
    return `GitHub as ${login} (what it writes itself is not heard), spoken to as @${botName}; WEBHOOK_SECRET is set.`
  }

  /** Once, however long it lasts. */
  function logTrouble(message: string) {
    if (message !== lastTrouble) host.log(message)
    lastTrouble = message
  }

  /** GitHub posts: nothing is to be held. That it would refuse our answers is told before somebody asks something. */
  async function watch(onUp: () => void, signal: AbortSignal) {
    let last: string | undefined
    for (let pauseMs = AGAIN_MS; !signal.aborted; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const reason = await check().then(() => '', reasonOf)
      if (signal.aborted) return
      if (reason !== last) host.report(reason === '' ? { isUp: true } : { isUp: false, reason })
      last = reason
      if (reason === '') {
        onUp()
        await pause(ROUND_MS, signal)
        pauseMs = AGAIN_MS / 2
      } else await pause(pauseMs, signal)
    }
  }

  /** One process does it for all. */
  async function catchUpInTurn(isUp: Promise<void>, signal: AbortSignal) {
    await Promise.race([isUp, ended(signal)])
    while (!signal.aborted) {
      try {
        await host.asOnlyOne('catch-up', signal, async (turn) => {
          while (!turn.aborted) {
            await catchUp(turn)
            await pause(ROUND_MS, turn)
          }
        })
      } catch (error) {
        logTrouble(`GitHub: failed deliveries cannot be looked up at the moment: ${messageOf(error)}`)
      }
      await pause(AGAIN_MS, signal)
    }
  }

  async function upkeep() {
    await hooks.save()
    if (intake.isBehind()) await tryAgain()
    lastTrouble = ''
  }

  /** Ever more seldom: each try asks GitHub as well. */
  async function tryAgain() {
    if (Date.now() < behind.nextAt) return
    const pauseMs = Math.min(2 * behind.pauseMs, LONGEST_PAUSE_MS)
    behind = { pauseMs, nextAt: Date.now() + behind.pauseMs }
    await intake.again()
    behind = { pauseMs: AGAIN_MS, nextAt: 0 }
  }

  function start(): Running {
    const stopping = new AbortController()
    const { promise: isUp, resolve: onUp } = Promise.withResolvers<void>()
    const working = Promise.all([watch(onUp, stopping.signal), catchUpInTurn(isUp, stopping.signal)])
    const onError = (error: unknown) => logTrouble(`GitHub: what was said could not be stored yet: ${messageOf(error)}`)
    const loop = startLoop(UPKEEP_MS, upkeep, onError)
    return {
      async stop() {
        stopping.abort()
        await Promise.all([working, loop.stop(), intake.settled()])
        await hooks.save().catch(onError)
      },
    }
  }

  return {
    name: 'github',
    limits: LIMITS,
    streaming,
    check,
    start,
    receive: createReceive({ secrets, intake, hooks, log: host.log }),
    gitToken: createGitToken(api, settings.apiUrl),
    testPosts: () => testPosts(secrets[0] ?? ''),
    ...createDelivery({ api, botName, sent }),
    accounts: createAccounts(api),
  }
}

/** A sentence for people, which says what to do. */
function reasonOf(error: unknown): string {
  const isPassing = error instanceof ChannelError && (error.kind === 'transient' || error.kind === 'rate')
  return isPassing ? `${error.message} Drover tries again by itself.` : messageOf(error)
}

const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => undefined)

const ended = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
