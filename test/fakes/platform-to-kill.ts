import { join } from 'node:path'
import { openTestFence } from './workspace-kit.ts'

/** A platform that lives to be killed: runs a program in a sandbox, and in it a daemon that flees its session. */
const [folder = '', runId = ''] = process.argv.slice(2)
const fence = await openTestFence('bubblewrap', folder)
const spec = { workspace: join(folder, 'workspace'), home: join(folder, 'home'), readOnly: [], network: [], slot: 1 }
const sandbox = await fence.openSandbox({ ...spec, runId })
const script = 'setsid sh -c "trap \\"\\" HUP TERM; echo up; sleep 1000; sleep 1000" & sleep 1000'
sandbox.launch({ file: 'sh', args: ['-c', script], env: {} }).stdout.pipe(process.stdout)
