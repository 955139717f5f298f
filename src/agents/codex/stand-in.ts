/** For tests: a program in place of Codex, which plays a recording, and the session that drives it. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AgentEvent, SessionSpec, TurnPicture } from '../driver.ts'
import type { Launch } from '../../lib/process.ts'
import { openCodexSession } from './session.ts'

const RECORDINGS = new URL('fixtures/', import.meta.url)
const LIMITS = { wallMs: 30_000, stallMs: 30_000, outputBytes: 1e6 }

interface Wishes {
  /** Of `fixtures`, without version and ending. */
  recording?: string
  /** In place of one: what the shell does where Codex would work. */
  script?: string
  /** What `codex sandbox` does. */
  sandbox?: string
  spec?: Partial<Omit<SessionSpec, 'profile'>>
  profile?: Partial<SessionSpec['profile']>
  pictures?: TurnPicture[]
}

export function openStandIn(launch: Launch) {
  const folder = mkdtempSync(join(tmpdir(), 'drover-codex-'))
  const paths = { workspace: '/workspace', home: join(folder, 'home'), state: join(folder, 'state') }
  const program = join(folder, 'codex')
  mkdirSync(paths.state)

  const open = ({ recording, script, sandbox = 'exit 0', spec, profile }: Wishes) => {
    const play = recording === undefined ? (script ?? '') : `cat '${recordingPath(recording)}'`
    const seen = `cat > ${folder}/stdin; for a in "$@"; do printf '%s\\0' "$a"; done > ${folder}/args; env -0 > ${folder}/env`
    writeFileSync(program, `#!/bin/sh\nif [ "$1" = sandbox ]; then ${sandbox}; fi\n${seen}\n${play}\n`)
    chmodSync(program, 0o755)
    const whole: SessionSpec = {
      runId: 'run',
      // The recordings were made in a workspace that is not on this machine.
      launch: (command) => launch({ ...command, cwd: folder }),
      paths,
      env: { PATH: '/usr/bin:/bin' },
      mcpServers: [],
      profile: { ...PROFILE, ...profile },
      ...spec,
    }
    return openCodexSession(whole, { ask: async () => 'park' }, [program])
  }

  return {
    folder,
    paths,
    open,
    async turn(wishes: Wishes) {
      const session = open(wishes)
      const turn = session.turn('Do it.', LIMITS, wishes.pictures)
      const events: AgentEvent[] = []
      for await (const event of turn) events.push(event)
      const outcome = await turn.outcome
      await session.close()
      return { events, outcome }
    },
    /** What the program was given; undefined where it was not started. */
    seen(what: 'args' | 'env' | 'stdin'): string[] | undefined {
      try {
        return readFileSync(join(folder, what), 'utf8').split('\0').filter(Boolean)
      } catch {
        return undefined
      }
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

const recordingPath = (name: string) => new URL(`${name}.codex-0.169.jsonl`, RECORDINGS).pathname

const PROFILE: SessionSpec['profile'] = {
  name: 'codex',
  driver: 'codex',
  title: 'Codex',
  command: [],
  env: [],
  autonomy: 'full',
  mcpServers: [],
  workerType: 'general',
  network: [],
  limits: LIMITS,
}
