/** Looks at everything that Drover needs, and says of each whether it is well and what to do if not. */
import { statfs } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { detectAgents } from './agents/detect.ts'
import { openChannels } from './channel-set.ts'
import { allowedIn, ChannelSettings } from './channel-settings.ts'
import type { Check } from './cli/parts.ts'
import type { Config } from './config.ts'
import { asSystem } from './db/scope.ts'
import { countDeliveries } from './deliveries/store.ts'
import { listRefused, listSaid } from './inbox/store.ts'
import { messageOf } from './lib/errors.ts'
import type { Log } from './lib/log.ts'
import { runBriefly } from './lib/run-briefly.ts'
import { openParts, type Parts } from './parts.ts'
import { listChannels } from './places/channel-store.ts'
import { proveSurface } from './prove-surface.ts'
import { listSubscriptions } from './webhooks/store.ts'

const LOW_DISK_BYTES = 2 * 1024 ** 3
const OLDEST_GIT = [2, 31] as const

export async function examine(config: Config, env: NodeJS.ProcessEnv, log: Log): Promise<Check[]> {
  const checks: Check[] = [await gitCheck(env)]
  try {
    const parts = await openParts(config, env, log)
    try {
      checks.push({
        name: 'database',
        status: 'ok',
        message:
          config.DATABASE_URL === undefined
            ? 'The built-in PostgreSQL runs and is up to date.'
            : 'DATABASE_URL answers and is up to date.',
      })
      checks.push({
        name: 'fence',
        status: parts.fence.kind === 'none' ? 'warn' : 'ok',
        message: parts.fence.explanation,
      })
      checks.push({ name: 'agent', status: 'ok', message: `${parts.picked.name}: ${parts.picked.reason}` })
      for (const agent of await detectAgents(parts.profiles, env)) {
        const { installed, auth, hint } = agent.probe
        const ready = installed && auth !== 'missing'
        if (ready) checks.push({ name: `agent ${agent.name}`, status: 'ok', message: `${agent.title} can be used.` })
        else
          checks.push({
            name: `agent ${agent.name}`,
            status: 'warn',
            message: hint ?? `${agent.title} is not installed.`,
          })
      }
      checks.push(...(await channelChecks(parts)), ...(await talkChecks(parts)))
      checks.push(await diskCheck(config.home))
    } finally {
      await parts.close()
    }
  } catch (error) {
    checks.push({ name: 'start', status: 'fail', message: messageOf(error) })
  }
  return checks
}

const CHECK_MS = 15_000

/** Each channel asks its platform who it is there. */
async function channelChecks(parts: Parts): Promise<Check[]> {
  const channels = await openChannels(parts)
  for (const alwaysThere of ['console', 'webhook']) channels.delete(alwaysThere)
  const checks = [...channels.values()].map(async ({ name, check }): Promise<Check> => {
    try {
      return { name, status: 'ok', message: await Promise.race([check(), tooSlow()]) }
    } catch (error) {
      return { name, status: 'fail', message: `${messageOf(error)} Set it up with: drover setup ${name}` }
    }
  })
  const lists = [...channels.keys()].flatMap((name): Check[] =>
    !hasAllowList(name) || allowedIn(parts.config.channels, name).size > 0
      ? []
      : [{ name, status: 'warn', message: `Nobody may use it: ${name.toUpperCase()}_ALLOWED_USER_IDS is empty.` }],
  )
  const { DROVER_PUBLIC_URL, DROVER_RELAY_URL } = parts.config
  const surfaces = [...channels.values()].map((channel) => proveSurface(channel, DROVER_PUBLIC_URL, DROVER_RELAY_URL))
  return [
    ...(await Promise.all(checks)),
    ...lists,
    ...(await Promise.all(surfaces)).filter((each) => each !== undefined),
  ]
}

/** GitHub itself says who may change a repository. */
const hasAllowList = (kind: string) => `${kind.toUpperCase()}_ALLOWED_USER_IDS` in ChannelSettings

async function tooSlow(): Promise<never> {
  await sleep(CHECK_MS, undefined, { ref: false })
  throw new Error('The platform does not answer.')
}

/** What people said and could not be heard, and what they should see and could not be shown. */
async function talkChecks({ database }: Parts): Promise<Check[]> {
  const { refused, parked, dead, states, webhooks } = await asSystem(database, async (db) => ({
    refused: await listRefused(db),
    parked: await listSaid(db, { status: 'parked', limit: 100 }),
    dead: (await countDeliveries(db)).dead ?? 0,
    states: await listChannels(db),
    webhooks: await listSubscriptions(db),
  }))
  return [
    ...states.flatMap(({ name, isUp, reason }): Check[] =>
      isUp || reason === null ? [] : [{ name, status: 'warn', message: reason }],
    ),
    ...refused.map(({ channel, actor, name }): Check => ({
      name: channel,
      status: 'warn',
      message: `${name} wrote and was not let in. To let them in: drover people add ${channel} ${actor}`,
    })),
    ...webhooks.flatMap(({ url, disabledWhy }) =>
      disabledWhy === null
        ? []
        : [check('webhook', `Nothing is posted to ${url} any more: ${disabledWhy} Mended? drover webhook add ${url}`)],
    ),
    ...(parked.length > 0
      ? [check('inbox', `${parked.length} messages could not be handled. Look: drover inbox list --parked`)]
      : []),
    ...(dead > 0
      ? [check('outbox', `${dead} messages could not be shown. Look: drover deliveries list --status dead`)]
      : []),
  ]
}

const check = (name: string, message: string): Check => ({ name, status: 'warn', message })

async function gitCheck(env: NodeJS.ProcessEnv): Promise<Check> {
  const { output } = await runBriefly('git', ['--version'], { env: { PATH: env.PATH }, timeoutMs: 5_000 })
  const [, major, minor] = /^git version (\d+)\.(\d+)/m.exec(output) ?? []
  if (major === undefined || minor === undefined)
    return { name: 'git', status: 'fail', message: 'git is not on PATH. Install it: apt-get install git' }
  const isOld = Number(major) < OLDEST_GIT[0] || (Number(major) === OLDEST_GIT[0] && Number(minor) < OLDEST_GIT[1])
  if (isOld)
    return {
      name: 'git',
      status: 'fail',
      message: `git ${major}.${minor} is too old: ${OLDEST_GIT.join('.')} or newer is needed.`,
    }
  return { name: 'git', status: 'ok', message: `git ${major}.${minor}` }
}

async function diskCheck(home: string): Promise<Check> {
  const { bavail, bsize } = await statfs(home)
  const free = bavail * bsize
  const message = `${(free / 1024 ** 3).toFixed(1)} GiB are free in ${home}.`
  return free < LOW_DISK_BYTES
    ? { name: 'disk', status: 'warn', message: `${message} That is little: clones and the database need room.` }
    : { name: 'disk', status: 'ok', message }
}
