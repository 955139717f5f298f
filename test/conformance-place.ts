import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cleanEnvironment } from '../src/lib/clean-environment.ts'
import type { ContainedProcess } from '../src/lib/process.ts'
import { openFence } from '../src/workspaces/fence/open-fence.ts'
import type { Fence } from '../src/workspaces/workspace.ts'
import type { Place, Subject } from './driver-conformance.ts'
import { createMcpDoor } from './fakes/mcp-door.ts'

/** Found by the case that looks for it: in the environment of Drover's processes, and in a file of its home. */
export const SECRET = 'conformance-secret'

export interface TestPlace extends Place, AsyncDisposable {}

interface PlaceOptions {
  fence: Fence
  /** No two places that are open at once share one. */
  slot: number
  /** Where the subject finds its model: all that its door does not know itself. */
  model?: RequestListener
}

export function openTestFence(sandbox: 'off' | 'required', stateDir: string): Promise<Fence> {
  return openFence({ sandbox, stateDir, path: process.env.PATH ?? '' })
}

let opened = 0

/** One workspace, home and door for one agent, in a sandbox of this fence. */
export async function openPlace({ driver, profile, env }: Subject, options: PlaceOptions): Promise<TestPlace> {
  const { fence, slot, model } = options
  const root = await mkdtemp(join(tmpdir(), 'drover-conformance-'))
  const paths = { workspace: join(root, 'workspace'), home: join(root, 'home'), state: join(root, 'state') }
  for (const folder of [paths.home, paths.state]) mkdirSync(folder)
  execFileSync('git', ['init', '-q', paths.workspace])
  const secretFile = join(root, 'drover-home')
  writeFileSync(secretFile, SECRET, { mode: 0o600 })

  const runId = `conformance-${process.pid}-${(opened += 1)}`
  const mcp = createMcpDoor()
  const sandbox = await fence.openSandbox({
    ...paths,
    runId,
    readOnly: await driver.tools(profile, process.env),
    network: [],
    door(request, response) {
      if (request.url?.startsWith('/mcp') || !model) mcp.listener(request, response)
      else model(request, response)
    },
    slot,
  })
  const running = new Set<ContainedProcess>()
  const doorUrl = sandbox.doorUrl ?? ''
  return {
    folder: paths.workspace,
    paths: sandbox.paths,
    isFenced: fence.kind !== 'none',
    runId,
    secretFile,
    launch(command) {
      const contained = sandbox.launch(command)
      running.add(contained)
      void contained.exited.then(() => running.delete(contained))
      return contained
    },
    env: { ...cleanEnvironment(process.env), DROVER_AGENT_STATE: sandbox.paths.state, ...env?.(doorUrl) },
    mcp: { server: mcp.serverAt(doorUrl), calls: mcp.calls },
    killAgent: async () => void (await Promise.all([...running].map((contained) => contained.stop(0)))),
    killLeftovers: () => fence.sweep(runId),
    async [Symbol.asyncDispose]() {
      await sandbox.close()
      await rm(root, { recursive: true, force: true })
    },
  }
}
