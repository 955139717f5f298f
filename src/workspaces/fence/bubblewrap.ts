import { access, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fence, Sandbox, SandboxSpec } from '../workspace.ts'
import { keepTrack } from './contained.ts'
import { openDoor } from './door.ts'
import { openEgress, type EgressSettings } from './egress-link.ts'
import { forwarder, linkBinds } from './forwarder.ts'
import { handOver } from './hand-over.ts'
import { systemBinds, type Limits } from './policy.ts'
import type { Programs } from './programs.ts'
import { stage } from './staging.ts'
import { startFenced } from './start-fenced.ts'
import { killMarked } from './sweep.ts'

export interface BubblewrapOptions extends EgressSettings {
  programs: Programs
  uidBase: number
  limits: Limits
}

const INNER = { workspace: '/workspace', home: '/home/agent' }
const STATE = '/state'
/** What a command may say otherwise. */
const ENV = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  HOME: INNER.home,
  USER: 'agent',
  LOGNAME: 'agent',
  SHELL: '/bin/sh',
  LANG: 'C.UTF-8',
  TMPDIR: '/tmp',
}
/** Without these `os.userInfo()` throws, and "localhost" does not resolve. */
const ETC = {
  passwd: 'root:x:0:0:root:/:/usr/sbin/nologin\nagent:x:1000:1000:agent:/home/agent:/bin/sh\n',
  group: 'root:x:0:\nagent:x:1000:\n',
  hosts: '127.0.0.1 localhost agent\n::1 localhost\n',
  'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
}

/** bubblewrap: each launch in namespaces of its own, as the slot's user, with nothing of the host but what is bound. */
export function createBubblewrap(options: BubblewrapOptions, explanation: string): Fence {
  return { kind: 'bubblewrap', explanation, sweep: killMarked, openSandbox: (spec) => openSandbox(options, spec) }
}

async function openSandbox(options: BubblewrapOptions, spec: SandboxSpec): Promise<Sandbox> {
  const { programs, limits } = options
  const state = spec.state === undefined ? [] : [spec.state]
  const uid = process.getuid?.() === 0 ? options.uidBase + spec.slot : undefined
  if (uid !== undefined) for (const folder of [spec.workspace, spec.home, ...state]) await handOver(folder, uid)

  const etc = await writeEtc(options.stateDir)
  const tools = await onlyExisting(spec.readOnly)
  const egress = await openEgress(options, spec, uid)
  const door = await openDoor(options.stateDir, spec, uid)
  const links = [...egress.links, ...door.links]
  const outlets = linkBinds(links)
  const sources = [etc, spec.workspace, spec.home, ...state, ...tools, ...outlets.map(({ from }) => from)]
  const staging =
    uid === undefined ? { chain: [], from: (path: string) => path } : await stage(sources, programs.unshare)

  const chain = { runId: spec.runId, staging: staging.chain, uid, programs, limits }
  const policy = {
    system: await systemBinds(),
    readOnly: [
      ...Object.keys(ETC).map((name) => ({ from: join(staging.from(etc), name), to: `/etc/${name}` })),
      ...tools.map((path) => ({ from: staging.from(path), to: path })),
      ...outlets.map(({ from, to }) => ({ from: staging.from(from), to })),
    ],
    writable: [
      { from: staging.from(spec.home), to: INNER.home },
      { from: staging.from(spec.workspace), to: INNER.workspace },
      ...state.map((folder) => ({ from: staging.from(folder), to: STATE })),
    ],
    tmpBytes: limits.tmpBytes,
    forbidsNamespaces: programs.forbidsNamespaces,
  }
  const { launch, close } = keepTrack(({ file, args, env, cwd = INNER.workspace }) => {
    const whole = { ...ENV, ...env, ...egress.env, DROVER_RUN_ID: spec.runId }
    return startFenced(chain, { ...policy, env: whole, cwd }, [file, ...args], forwarder(links))
  })
  return {
    paths: { ...INNER, state: spec.state === undefined ? INNER.home : STATE },
    ...(door.url !== undefined && { doorUrl: door.url }),
    launch,
    async close() {
      await close()
      await Promise.all([egress.stop(), door.stop()])
    },
  }
}

async function writeEtc(stateDir: string): Promise<string> {
  const folder = join(stateDir, 'etc')
  await mkdir(folder, { recursive: true })
  for (const [name, text] of Object.entries(ETC)) {
    const file = join(folder, name)
    // Running sandboxes look at these very files: they must not be empty for a moment.
    if ((await readFile(file, 'utf8').catch(() => '')) !== text) await writeFile(file, text, { mode: 0o644 })
  }
  return folder
}

/** A tool may have been removed since it was found; the program that needs it will say so better than we can. */
async function onlyExisting(paths: readonly string[]): Promise<string[]> {
  const isThere = await Promise.all(
    paths.map((path) =>
      access(path)
        .then(() => true)
        .catch(() => false),
    ),
  )
  return paths.filter((_path, index) => isThere[index])
}
