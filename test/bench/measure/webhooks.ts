import { createHmac, randomUUID } from 'node:crypto'
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { drover } from '../candidates/drover.ts'
import type { Figure, Measurement } from '../measurement.ts'
import { residentMegabytes, startService } from '../service-process.ts'
import { percentile } from '../statistics.ts'

const SECRET = 'secret of the hook'
const REPOSITORY = 'ada/hello'
const ISSUES = 100

/** Drover only: GitHub posts at a steady pace, whether or not the last was answered; each post is stored before it is. */
export const webhooks: Measurement = {
  name: 'webhooks',
  title: 'GitHub posts signed comments, each of which starts a task; no worker in this process',
  async run({ sizes: { webhooks: size } }) {
    const home = await mkdtemp(join(tmpdir(), 'drover-bench-webhooks-'))
    await chmod(home, 0o755)
    const data = join(home, 'data')
    await mkdir(data)
    const github = await startApi()
    const service = await startService(data, {
      WEBHOOK_SECRET: SECRET,
      GITHUB_TOKEN: 'ghp_bench',
      GITHUB_API_URL: github.url,
      DROVER_CONCURRENCY: '0',
      DROVER_DRAIN_SECONDS: '0',
    })
    try {
      const url = `${service.url}/webhooks/github`
      // Whether its author may write is asked once, and the connections stand.
      await atPace(url, { perSecond: 50, count: 50 })
      const { waited, refused } = await atPace(url, size)
      const label = `${size.perSecond} a second: posted → 200`
      return [
        figure(`${label}, p50`, 'ms', percentile(waited, 50)),
        figure(`${label}, p99`, 'ms', percentile(waited, 99)),
        figure('refused', 'count', refused),
        figure('resident memory of the service', 'MB', await residentMegabytes(service.pid)),
      ]
    } finally {
      await service.stop()
      github.stop()
      await rm(home, { recursive: true, force: true })
    }
  },
}

/** Sent when it is its time, not when the one before was answered: a slow answer does not slow down the next. */
async function atPace(url: string, { perSecond, count }: { perSecond: number; count: number }) {
  const waited: number[] = []
  let refused = 0
  const startedAt = performance.now()
  const posts: Promise<void>[] = []
  for (let n = 0; n < count; n++) {
    const dueAt = startedAt + (n * 1_000) / perSecond
    await sleep(Math.max(0, dueAt - performance.now()))
    const sent = post(url, n).then((status) => {
      if (status === 200) waited.push(performance.now() - dueAt)
      else refused++
    })
    posts.push(sent)
  }
  await Promise.all(posts)
  return { waited, refused }
}

let nextComment = 1

async function post(url: string, n: number): Promise<number> {
  const body = JSON.stringify(commented(1 + (n % ISSUES), nextComment++))
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'issue_comment',
      'x-github-delivery': randomUUID(),
      'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
    },
    body,
  })
  await response.arrayBuffer()
  return response.status
}

const commented = (number: number, id: number) => ({
  action: 'created',
  issue: {
    id: number,
    number,
    title: `Issue ${number}`,
    user: { id: 7, login: 'ada', type: 'User' },
    html_url: `https://github.com/${REPOSITORY}/issues/${number}`,
  },
  comment: {
    id,
    body: `@coding-assistant look at this, please (${id})\n\n${'What happens: nothing. '.repeat(40)}`,
    user: { id: 7, login: 'ada', type: 'User' },
    html_url: `https://github.com/${REPOSITORY}/issues/${number}#issuecomment-${id}`,
    created_at: new Date().toISOString(),
  },
  repository: {
    id: 1,
    name: 'hello',
    full_name: REPOSITORY,
    clone_url: `https://github.com/${REPOSITORY}.git`,
    default_branch: 'main',
  },
})

/** As much of GitHub's API as the service asks for: who we are, who may write, and comments that it makes. */
async function startApi() {
  let id = 0
  const server = createServer((request, response) => {
    request.resume()
    const path = request.url ?? ''
    const answer = path.endsWith('/permission')
      ? { permission: 'write', role_name: 'write' }
      : path === '/user'
        ? { id: 99, login: 'drover-bot' }
        : request.method === 'GET'
          ? []
          : { id: ++id }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}

const figure = (label: string, unit: Figure['unit'], value: number): Figure => ({
  label,
  unit,
  candidate: drover.name,
  rounds: [value],
})
