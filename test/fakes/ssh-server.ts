import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { userInfo } from 'node:os'
import { once } from 'node:events'
import { join } from 'node:path'
import { freePort } from '../free-port.ts'

export interface SshServer {
  /** `ssh://user@127.0.0.1:port`: an absolute path follows. */
  url: string
  /** A private key that it lets in, and one that it does not. */
  key: string
  strangerKey: string
  knownHosts: string
  stop(): Promise<void>
}

const SSHD = '/usr/sbin/sshd'

/** Why ssh tests are left out on this machine, or undefined. */
export function whyNoSsh(): string | undefined {
  if (!existsSync(SSHD)) return `${SSHD} is not installed`
  try {
    userInfo()
    return undefined
  } catch {
    return 'ssh wants a user with an account'
  }
}

/** A real OpenSSH server on a high port of loopback, with keys and configuration of its own. */
export async function startSshServer(folder: string): Promise<SshServer> {
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true })
  const key = (name: string) => {
    const file = join(folder, name)
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file])
    return { file, publicKey: readFileSync(`${file}.pub`, 'utf8') }
  }
  const [host, mine, stranger] = [key('host'), key('mine'), key('stranger')]
  writeFileSync(join(folder, 'authorized'), mine.publicKey)
  const port = await freePort()
  const config = join(folder, 'sshd_config')
  writeFileSync(
    config,
    `ListenAddress 127.0.0.1\nPort ${port}\nHostKey ${host.file}\nAuthorizedKeysFile ${join(folder, 'authorized')}\nPidFile none\n` +
      'StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n',
  )
  const knownHosts = join(folder, 'known_hosts')
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${host.publicKey}`)
  const server = spawn(SSHD, ['-D', '-e', '-f', config], { stdio: 'ignore' })
  while (!(await answers(port))) await new Promise((resolve) => setTimeout(resolve, 20))
  return {
    url: `ssh://${userInfo().username}@127.0.0.1:${port}`,
    key: mine.file,
    strangerKey: stranger.file,
    knownHosts,
    async stop() {
      server.kill()
      await once(server, 'exit')
    },
  }
}

function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  return new Promise((resolve) => {
    socket.once('data', () => resolve(true)).once('error', () => resolve(false))
  }).then((isUp) => {
    socket.destroy()
    return isUp as boolean
  })
}
