/** A process of its own that takes jobs and never ends one: `node worker-to-kill.ts CANDIDATE DATABASE_URL`. */
import { pathToFileURL } from 'node:url'
import { CANDIDATES } from './candidates/all.ts'

/** Printed for each job that began. */
export const JOB_RUNS = 'a job runs'

async function main([name, url]: string[]) {
  const candidate = CANDIDATES.find((known) => known.name === name)
  if (!candidate || url === undefined) throw new Error('usage: node worker-to-kill.ts CANDIDATE DATABASE_URL')
  const queue = await candidate.open(url, 'plain')
  await queue.work(10, async () => {
    console.log(JOB_RUNS)
    await new Promise(() => undefined)
  })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(process.argv.slice(2))
