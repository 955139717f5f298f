import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('scripted-agent.ts', import.meta.url))
const ACP_SDK = fileURLToPath(import.meta.resolve('@agentclientprotocol/sdk'))

/** How Drover starts the scripted agent: with the Node that runs Drover itself. */
export const SCRIPTED_AGENT = {
  // Without the warning that this folder has no package.json: inside the fence the one above is out of sight.
  command: [process.execPath, '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', PROGRAM],
  version: '1',
  folders: [
    process.execPath,
    ACP_SDK.slice(0, ACP_SDK.indexOf('/node_modules/') + '/node_modules'.length),
    dirname(PROGRAM),
  ],
  spend: false,
} as const
