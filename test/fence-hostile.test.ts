import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { SandboxSpec } from '../src/workspaces/workspace.ts'
import type { FenceOptions } from '../src/workspaces/fence/open-fence.ts'
import { fenceKinds, findByMark, openTestFence, runScript, scratchFolder } from './fakes/workspace-kit.ts'

/** Programs that try to get out of the fence. src/workspaces/fence/README.md says what holds them. */

const hasFence = (await fenceKinds()).includes('bubblewrap')

/** A platform folder as it is in life: our secrets beside an agent's workspace, and another agent's next door. */
async function openCage(more: Partial<SandboxSpec> = {}, options: Partial<FenceOptions> = {}) {
  const folder = await scratchFolder()
  const place = (name: string) => {
    mkdirSync(join(folder.path, name), { recursive: true })
    return join(folder.path, name)
  }
  writeFileSync(join(folder.path, '.env'), 'GITHUB_TOKEN=platform-secret\n')
  writeFileSync(join(place('other'), 'secret.txt'), 'neighbour-secret\n')
  const tool = place('tool')
  writeFileSync(join(tool, 'data'), 'tool\n')
  // Only the fence keeps it from being written.
  chmodSync(tool, 0o777)
  chmodSync(join(tool, 'data'), 0o666)
  const [workspace, home] = [place('workspace'), place('home')]
  symlinkSync(join(folder.path, '.env'), join(workspace, 'link'))
  const fence = await openTestFence('bubblewrap', folder.path, options)
  const runId = `run_${process.pid}_${Math.random().toString(36).slice(2)}`
  const sandbox = await fence.openSandbox({ runId, workspace, home, readOnly: [tool], network: [], slot: 1, ...more })
  const run = async (script: string) => {
    const { stdout, stderr, exit } = await runScript(sandbox.launch, script)
    return { ...exit, said: stdout + stderr, stdout: stdout.trim() }
  }
  const close = async () => {
    await sandbox.close()
    await folder[Symbol.asyncDispose]()
  }
  return { run, sandbox, fence, runId, folder: folder.path, workspace, tool, [Symbol.asyncDispose]: close }
}

describe.skipIf(!hasFence)('inside the fence', () => {
  test('neither our secrets nor a neighbour can be read, by path, by link or through /proc', async () => {
    await using cage = await openCage()
    const { said } = await cage.run(
      `for f in ${cage.folder}/.env ${cage.folder}/other/secret.txt ../other/secret.txt link /etc/shadow /root/.bashrc \
        /proc/1/root${cage.folder}/.env /proc/1/cwd/../.env; do cat "$f" && echo R''EAD; done
       cat /proc/*/environ /proc/*/cmdline | tr '\\0' '\\n'; env`,
    )
    expect(said).not.toMatch(/READ|platform-secret|neighbour-secret|VITEST/)
    expect((await cage.run(`ls -A ${cage.folder}`)).stdout).toBe('tool')
  })

  test('only the workspace, the home and temporary folders can be written', async () => {
    await using cage = await openCage()
    const { stdout } = await cage.run(
      `for f in /x /usr/x /usr/bin/x /etc/x /etc/passwd /proc/sys/kernel/core_pattern /proc/sysrq-trigger /dev/x \
        ${cage.tool}/x ${cage.tool}/data /home/x /home/agent/x /workspace/x /tmp/x /run/x /dev/shm/x; do
          (echo 1 > "$f") 2>/dev/null && echo "$f"; done`,
    )
    expect(stdout.split('\n')).toEqual(['/home/agent/x', '/workspace/x', '/tmp/x', '/run/x', '/dev/shm/x'])
    expect(readFileSync(join(cage.tool, 'data'), 'utf8')).toBe('tool\n')
  })

  test('the kernel knows it by a user of its own, never as root', async () => {
    await using cage = await openCage()
    const contained = cage.sandbox.launch({ file: 'sh', args: ['-c', 'echo up; sleep 1000'], env: {} })
    await once(contained.stdout, 'data')
    const uidOf = (pid: string) => /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    const own = process.getuid?.() === 0 ? 20_001 : process.getuid?.()
    expect(new Set(findByMark(cage.runId).map(uidOf))).toEqual(new Set([String(own)]))
    await contained.stop(0)
  })

  test('no process of the host can be seen or killed, and its own first process cannot be killed either', async () => {
    await using cage = await openCage()
    const { stdout } = await cage.run(
      `kill -9 ${process.pid} 2>/dev/null && echo killed; kill -9 1; echo still here; ls /proc | grep -c '^[0-9]'`,
    )
    const [alive, count] = stdout.split('\n')
    expect(alive).toBe('still here')
    expect(Number(count)).toBeLessThan(10)
  })

  test('no new namespace, no mount, no device node, no capability', async () => {
    await using cage = await openCage()
    const { stdout } = await cage.run(
      `unshare -U true 2>/dev/null && echo unshare; unshare -m true 2>/dev/null && echo unshare-m
       mount -t tmpfs x /mnt 2>/dev/null && echo mount; mount -o remount,rw / 2>/dev/null && echo remount
       mknod /tmp/sda b 8 0 2>/dev/null && cat /tmp/sda && echo mknod; chroot / true 2>/dev/null && echo chroot
       grep CapEff /proc/self/status; grep CapBnd /proc/self/status`,
    )
    expect(stdout.split('\n')).toEqual(['CapEff:\t0000000000000000', 'CapBnd:\t0000000000000000'])
  })

  test('there is no network: not the internet, not a port of this host, not the metadata service', async () => {
    await using cage = await openCage()
    const server = createServer((socket) => socket.end('reached')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const { stdout } = await cage.run(
      `for to in 1.1.1.1/443 127.0.0.1/${port} 169.254.169.254/80; do
         timeout 3 bash -c "exec 9<>/dev/tcp/$to; cat <&9" 2>/dev/null && echo "reached $to"; done
       getent hosts example.com; grep -c : /proc/net/dev`,
    )
    server.close()
    expect(stdout).toBe('1')
  })

  test('what is on the allow-list can be reached through the proxy, and nothing else', async () => {
    const server = createServer((socket) => socket.on('error', () => {}).end('reached')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const events: string[] = []
    await using cage = await openCage(
      { network: [`localhost:${port}`] },
      { privateHosts: ['localhost'], onEgress: ({ type, target }) => events.push(`${type} ${target}`) },
    )
    const tunnel = (target: string) =>
      `timeout 20 bash -c 'exec 9<>/dev/tcp/127.0.0.1/3128; printf "CONNECT ${target} HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n" >&9; cat <&9'`
    const { stdout } =
      await cage.run(`echo $HTTPS_PROXY; ${tunnel(`localhost:${port}`)}; echo; ${tunnel('example.com:443')}
      timeout 3 bash -c "exec 9<>/dev/tcp/127.0.0.1/${port}" 2>/dev/null || echo no way around`)
    server.close()
    expect(stdout).toContain('http://127.0.0.1:3128')
    expect(stdout).toMatch(/200 Connection established\s+reached/)
    expect(stdout).toContain('403 Forbidden')
    expect(stdout).toContain('no way around')
    expect(events).toEqual([`allow localhost:${port}`, 'deny example.com:443'])
  })

  test('memory that looks like a folder has a size', async () => {
    await using cage = await openCage({}, { limits: { tmpBytes: 8 * 1024 ** 2 } })
    const { stdout } = await cage.run(
      `for d in /tmp /run /dev/shm; do head -c 40000000 /dev/zero > $d/fill 2>/dev/null; [ $(stat -c %s $d/fill) -lt 17000000 ] && echo "$d is full"; rm -f $d/fill; done`,
    )
    expect(stdout.split('\n')).toEqual(['/tmp is full', '/run is full', '/dev/shm is full'])
  })

  test('one file cannot grow without end, and a crash leaves no core', async () => {
    await using cage = await openCage({}, { limits: { fileBytes: 1024 ** 2 } })
    const { stdout } = await cage.run(
      `head -c 3000000 /dev/zero > big 2>/dev/null; stat -c %s big; ulimit -c; sh -c 'kill -SEGV $$' 2>/dev/null; ls core* 2>/dev/null`,
    )
    expect(stdout.split('\n')).toEqual(['1048576', '0'])
  })

  test('a fork bomb stays small', async () => {
    await using cage = await openCage({}, { limits: { processes: 60 } })
    const { stdout } = await cage.run(
      `sh -c 'i=0; while [ $i -lt 1500 ]; do sleep 30 & i=$((i+1)); echo $i > count; done' 2>/dev/null; read n < count; echo $n`,
    )
    expect(Number(stdout)).toBeGreaterThan(10)
    expect(Number(stdout)).toBeLessThan(60)
    expect((await cage.run('echo the next one runs')).stdout).toBe('the next one runs')
  })

  test('a path behind a closed folder is reached, and opens no way to its neighbours', async () => {
    await using cage = await openCage()
    await chmod(cage.folder, 0o700)
    await using again = await openCage({ workspace: cage.workspace })
    const { stdout } = await again.run(
      `echo 1 > written; cat ${again.tool}/data; ls -a ${cage.folder} /sys 2>/dev/null; cat /proc/1/environ | tr '\\0' '\\n'`,
    )
    expect(existsSync(join(cage.workspace, 'written'))).toBe(true)
    // dash adds PWD to an environment: beside the mark that is all there is.
    expect(stdout.replaceAll(/^(PWD|DROVER_RUN_ID)=.*$/gm, '').trim()).toBe('tool')
  })

  test('a daemon that fled its session dies when the platform is killed with SIGKILL', async () => {
    await using folder = await scratchFolder()
    for (const name of ['workspace', 'home']) mkdirSync(join(folder.path, name))
    const mark = `run_killed_${process.pid}`
    const platform = spawn(
      process.execPath,
      [join(import.meta.dirname, 'fakes/platform-to-kill.ts'), folder.path, mark],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    await once(platform.stdout, 'data')
    expect(findByMark(mark).length).toBeGreaterThanOrEqual(2)
    platform.kill('SIGKILL')
    await once(platform, 'exit')
    const deadline = Date.now() + 20_000
    while (findByMark(mark).length > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(findByMark(mark)).toEqual([])
  })
})
