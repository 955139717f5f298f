import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../lib/errors.ts'
import { startLoop } from '../../lib/loop.ts'
import type { Running } from '../../lib/running.ts'
import type { Channel, ChannelHost, ChannelLimits } from '../channel.ts'
import { createCall } from './call.ts'
import { createCatchUp } from './catch-up.ts'
import { checkApp } from './check-app.ts'
import { createDelivery } from './deliver.ts'
import { createFetchFile } from './fetch-file.ts'
import { createInWorkspace } from './in-workspace.ts'
import { createIntake } from './intake.ts'
import { createLastHeard } from './last-heard.ts'
import { createPeople } from './people.ts'
import { createReceive } from './receive.ts'
import type { SlackSettings } from './settings.ts'
import { holdSockets } from './socket.ts'
import { testPosts } from './test-posts.ts'
import { createWorkspaces } from './workspaces.ts'

const LIMITS: ChannelLimits = {
  // The Markdown block takes 12,000, and all blocks together some 13,000: the rest is for buttons.
  text: 11_500,
  pieces: 10,
  // A message a second in a channel; chat.update fifty times a minute.
  sendGapMs: 1050,
  editGapMs: 1300,
  fileBytes: 100e6,
  // chat.postMessage takes a `client_msg_id`. Whether Slack drops a second one is documented nowhere.
  idempotentSend: false,
}

/** How often what we heard last is stored, and what was refused is looked for. */
const UPKEEP_MS = 3000
const AGAIN_MS = 1000
const LONGEST_PAUSE_MS = 60_000

export function createSlackChannel(settings: SlackSettings, host: ChannelHost): Channel {
  const { botToken, appToken, signingSecret, apiUrl } = settings
  const call = createCall(apiUrl)
  const workspaces = createWorkspaces({ botToken, readCredentials: host.readCredentials, call })
  const inWorkspace = createInWorkspace(workspaces)
  const heard = createLastHeard()
  let hasMissed = false
  let lastTrouble = ''
  const intake = createIntake({
    take: host.take,
    workspaces,
    people: createPeople(workspaces, call),
    onStored: heard.note,
    onRefused(event) {
      heard.miss(event)
      hasMissed = true
    },
  })
  const catchUp = createCatchUp({ heard, intake, host, workspaces, call })

  const check = () => checkApp({ settings, workspaces, call })

  /** Once, however long it lasts: the upkeep tries every few seconds. */
  function logTrouble(message: string) {
    if (message !== lastTrouble) host.log(message)
    lastTrouble = message
  }

  /** Again by the upkeep, where it fails. */
  async function catchUpNow(signal: AbortSignal) {
    hasMissed = false
    try {
      await catchUp.run(signal)
    } catch (error) {
      hasMissed = true
      logTrouble(`Slack: what was said meanwhile could not be stored yet: ${messageOf(error)}`)
    }
  }

  /** One process holds the connections: Slack allows ten, and gives each event to one of them. */
  async function listen(signal: AbortSignal) {
    let catchingUp = Promise.resolve()
    const begin = () => {
      catchUp.begin()
      catchingUp = catchUpNow(signal)
      intake.comesAfter(catchingUp)
    }
    if (appToken === undefined) await standBy(begin, signal)
    else await holdSockets({ appToken, apiUrl, intake, report: host.report, log: host.log, onUp: begin }, signal)
    await catchingUp
  }

  /** Slack posts: nothing is to be held. That it would refuse our answers is told before somebody asks something. */
  async function standBy(begin: () => void, signal: AbortSignal) {
    for (let pauseMs = AGAIN_MS; !signal.aborted; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const reason = await check().then(() => '', messageOf)
      if (reason === '') break
      host.report({ isUp: false, reason })
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
    }
    if (signal.aborted) return
    host.report({ isUp: true })
    begin()
    await aborted(signal)
  }

  async function listenInTurn(signal: AbortSignal) {
    while (!signal.aborted) {
      try {
        await host.asOnlyOne('listen', signal, listen)
      } catch (error) {
        logTrouble(`Slack: cannot take its turn to listen: ${messageOf(error)}`)
        await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  }

  async function upkeep(signal: AbortSignal) {
    if (hasMissed) await catchUpNow(signal)
    // What stands in the way there stands in the way here.
    if (hasMissed) return
    await catchUp.save()
    lastTrouble = ''
  }

  function start(): Running {
    const stopping = new AbortController()
    const listening = listenInTurn(stopping.signal)
    const onError = (error: unknown) =>
      logTrouble(`Slack: what was heard last could not be stored: ${messageOf(error)}`)
    const loop = startLoop(UPKEEP_MS, upkeep, onError)
    return {
      async stop() {
        stopping.abort()
        await Promise.all([listening, loop.stop()])
        await catchUp.save().catch(onError)
      },
    }
  }

  return {
    name: 'slack',
    limits: LIMITS,
    streaming: settings.streaming,
    check,
    start,
    ...(signingSecret !== undefined && {
      receive: createReceive({ signingSecret, intake, log: host.log }),
      testPosts: () => testPosts(signingSecret),
    }),
    ...createDelivery({ inWorkspace, call }),
    fetchFile: createFetchFile(inWorkspace, apiUrl),
  }
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
