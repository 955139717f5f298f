import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startTelegram, type Telegram } from '../../fakes/telegram/start-telegram.ts'
import { drover } from '../candidates/drover.ts'
import type { Figure, Measurement } from '../measurement.ts'
import { makeRepository } from '../repository.ts'
import { residentMegabytes, startService } from '../service-process.ts'
import { percentile } from '../statistics.ts'

const GIVE_UP_MS = 240_000
const LOOK_MS = 2

interface Page {
  tasks: { prompt: string; startedAt: string | null }[]
}

/** Drover only: people write on a Telegram of loopback, and see that they were heard. */
export const talk: Measurement = {
  name: 'talk',
  title: 'Messages on Telegram (a fake of it on loopback, with its pace in each chat), answered by status cards',
  async run({ sizes: { talk: size } }) {
    const home = await mkdtemp(join(tmpdir(), 'drover-bench-talk-'))
    await chmod(home, 0o755)
    const data = join(home, 'data')
    await mkdir(data)
    const telegram = await startTelegram({ isPaced: true })
    const service = await startService(data, {
      TELEGRAM_BOT_TOKEN: telegram.token,
      TELEGRAM_API_URL: telegram.url,
      TELEGRAM_ALLOWED_USER_IDS: '1',
      DROVER_CONCURRENCY: '4',
      DROVER_DRAIN_SECONDS: '0',
    })
    try {
      const call = caller(service.url, (await readFile(join(data, 'api-key'), 'utf8')).trim())
      await call('POST', '/v1/codebases', { url: await makeRepository(home), name: 'app' })
      const alone = await oneByOne(telegram, size.alone)
      const starts = startsOf(alone.saidAt, (await call<Page>('GET', '/v1/tasks?limit=100')).tasks)
      const together = await allAtOnce(telegram, size.together)
      return [
        figure('one at a time: said → status card visible, p50', 'ms', percentile(alone.waited, 50)),
        figure('the same, p99', 'ms', percentile(alone.waited, 99)),
        figure('one at a time: said → a worker has it, p95', 'ms', percentile(starts, 95)),
        figure(`${size.together} people at once: until the last sees its card`, 's', together.lastMs / 1_000),
        figure('the same, p50', 'ms', percentile(together.waited, 50)),
        figure('cards missing or doubled', 'count', together.wrong),
        figure('resident memory of the service', 'MB', await residentMegabytes(service.pid)),
      ]
    } finally {
      await service.stop()
      await telegram.stop()
      await rm(home, { recursive: true, force: true })
    }
  },
}

function caller(url: string, key: string) {
  return async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }
}

/** A new chat for each: the pace of a chat is not ours. */
async function oneByOne(telegram: Telegram, count: number) {
  const ann = telegram.people.add(1, 'Ann')
  const waited: number[] = []
  const saidAt = new Map<string, number>()
  for (let n = 0; n < count; n++) {
    const chat = telegram.people.group()
    const text = `say alone ${n}`
    const startedAt = performance.now()
    saidAt.set(text, Date.now())
    telegram.people.say(ann, chat, `@${telegram.world.bot.username} ${text}`)
    while (cardsIn(telegram, chat) === 0) await sleep(LOOK_MS)
    waited.push(performance.now() - startedAt)
    // Its agent ends before the next one begins.
    while (cardsIn(telegram, chat) < 2) await sleep(20)
  }
  return { waited, saidAt }
}

/** The worker's claim is written by the database's clock, which is this machine's. */
const startsOf = (saidAt: ReadonlyMap<string, number>, tasks: Page['tasks']) =>
  tasks.flatMap(({ prompt, startedAt }) => {
    const said = saidAt.get(prompt)
    return said === undefined || startedAt === null ? [] : [Math.max(0, Date.parse(startedAt) - said)]
  })

async function allAtOnce(telegram: Telegram, count: number) {
  const ann = telegram.people.add(1, 'Ann')
  const chats = Array.from({ length: count }, () => telegram.people.group())
  const startedAt = performance.now()
  for (const chat of chats) telegram.people.say(ann, chat, `@${telegram.world.bot.username} sleep 3600000`)
  const waited: number[] = []
  const open = new Set(chats)
  while (open.size > 0) {
    if (performance.now() - startedAt > GIVE_UP_MS) break
    for (const chat of open) {
      if (cardsIn(telegram, chat) === 0) continue
      open.delete(chat)
      waited.push(performance.now() - startedAt)
    }
    await sleep(20)
  }
  const wrong = chats.filter((chat) => cardsIn(telegram, chat) !== 1).length
  return { waited, lastMs: performance.now() - startedAt, wrong }
}

const cardsIn = ({ people, world }: Telegram, chat: number) =>
  people.messages(chat).filter(({ from }) => from === world.bot.first_name).length

const figure = (label: string, unit: Figure['unit'], value: number): Figure => ({
  label,
  unit,
  candidate: drover.name,
  rounds: [value],
})
