import { createTestWorkspaces, requestFor } from './workspace-kit.ts'

/** Opens a workspace, to be killed in the middle of it. Says each step on stdout, and "opened" at the end. */
const [folder = '', url = '', kind = 'none'] = process.argv.slice(2)
const workspaces = await createTestWorkspaces(kind === 'none' ? 'none' : 'bubblewrap', folder)
await workspaces.open(requestFor(url), (text) => console.log(text), new AbortController().signal)
console.log('opened')
