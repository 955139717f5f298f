import { randomBytes } from 'node:crypto'
import type { ChildProcess } from 'node:child_process'
import type { Command } from '../../lib/process.ts'
import type { Fence, SandboxSpec } from '../workspace.ts'
import { keepTrack, startContained, type Tree } from './contained.ts'
import { openLoopbackDoor } from './door.ts'
import { kill, killMarked } from './sweep.ts'

/**
 * The same contract without isolation: a program sees all that Drover's user sees. What still holds is that its whole
 * tree ends with it: by process group, and for those that left the group by the mark in their environment.
 */
export function createUnfenced(explanation: string, path: string): Fence {
  return {
    kind: 'none',
    explanation,
    sweep: killMarked,
    async openSandbox(spec) {
      const door = spec.door && (await openLoopbackDoor(spec.door))
      const { launch, close } = keepTrack((command) => start(spec, command, path))
      return {
        paths: { workspace: spec.workspace, home: spec.home, state: spec.state ?? spec.home },
        ...(door?.url !== undefined && { doorUrl: door.url }),
        launch,
        async close() {
          await close()
          await door?.stop()
        },
      }
    },
  }
}

function start(spec: SandboxSpec, command: Command, path: string) {
  // A mark of its own for each launch: one that ends takes its own daemons along, not its neighbours.
  const mark = `${spec.runId}.${randomBytes(6).toString('hex')}`
  return startContained(
    {
      file: command.file,
      args: command.args,
      cwd: command.cwd ?? spec.workspace,
      env: { PATH: path, HOME: spec.home, LANG: 'C.UTF-8', ...command.env, DROVER_RUN_ID: mark },
    },
    (child) => treeOf(child, mark),
  )
}

function treeOf(child: ChildProcess, mark: string): Tree {
  const group = () => (child.pid === undefined ? undefined : -child.pid)
  const killAll = async () => {
    const id = group()
    if (id === undefined) return
    kill(id)
    await killMarked(mark)
  }
  return {
    async terminate() {
      const id = group()
      if (id !== undefined) kill(id, 'SIGTERM')
    },
    kill: killAll,
    clear: killAll,
  }
}
