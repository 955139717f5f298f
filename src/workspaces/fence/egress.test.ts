import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { request } from 'node:http'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../../test/fakes/workspace-kit.ts'
import { isPublic } from '../../lib/public-address.ts'
import { isAllowed } from './allow-list.ts'
import { startEgress, type EgressEvent } from './egress.ts'

test.each([
  ['api.example.com', 443, true],
  ['API.Example.Com.', 443, true],
  ['api.example.com', 80, false],
  ['evil-api.example.com', 443, false],
  ['api.example.com.evil.net', 443, false],
  ['a.wild.org', 443, true],
  ['a.b.wild.org', 443, true],
  ['wild.org', 443, false],
  ['.wild.org', 443, false],
  ['evilwild.org', 443, false],
  ['registry.local', 8443, true],
  ['registry.local', 443, false],
  ['', 443, false],
])('%s:%i on the allow-list: %s', (host, port, expected) => {
  expect(isAllowed(host, port, ['api.example.com', '*.wild.org', 'registry.local:8443'])).toBe(expected)
})

test('an address is never allowed, not even when it is listed', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
      expect(isAllowed(address, 443, [address, '*'])).toBe(false)
      expect(isAllowed(`[${address}]`, 443, [address, `[${address}]`])).toBe(false)
    }),
  )
})

test.each([
  '127.0.0.1',
  '127.9.9.9',
  '0.0.0.0',
  '10.1.2.3',
  '172.31.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.100.100.200',
  '::1',
  '::',
  'fe80::1',
  'fd00:ec2::254',
  '::ffff:127.0.0.1',
  '::ffff:169.254.169.254',
  '64:ff9b::7f00:1',
])('%s is private', (address) => {
  expect(isPublic(address)).toBe(false)
})

test.each(['1.1.1.1', '140.82.121.4', '172.32.0.1', '2606:4700::1111'])('%s is public', (address) => {
  expect(isPublic(address)).toBe(true)
})

/** A server that sends back what it gets, and a proxy with the given list in front of it. */
async function startPair(allowedOf: (port: number) => string[], privateHosts: string[] = []) {
  const folder = await scratchFolder()
  const echo = createServer((socket) => socket.on('error', () => {}).pipe(socket))
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const { port } = echo.address() as AddressInfo
  const events: EgressEvent[] = []
  const socketPath = join(folder.path, 'egress.sock')
  const onEvent = (event: EgressEvent) => events.push(event)
  const proxy = await startEgress({ socketPath, runId: 'run', allowed: allowedOf(port), privateHosts, onEvent })
  const close = async () => {
    await proxy.stop()
    echo.close()
    await folder[Symbol.asyncDispose]()
  }
  return { port, events, socketPath, [Symbol.asyncDispose]: close }
}

/** What the proxy answers to CONNECT; when it opens the tunnel, what comes back through it. */
async function connectThrough(socketPath: string, target: string): Promise<{ status: number; echoed?: string }> {
  const asked = request({ socketPath, method: 'CONNECT', path: target }).end()
  const [response, socket] = await once(asked, 'connect')
  if (response.statusCode !== 200) return { status: response.statusCode }
  socket.write('ping')
  const [data] = await once(socket, 'data')
  socket.destroy()
  return { status: 200, echoed: String(data) }
}

test('a listed name is reached, and the event says so', async () => {
  await using pair = await startPair((port) => [`localhost:${port}`], ['localhost'])
  const target = `localhost:${pair.port}`
  expect(await connectThrough(pair.socketPath, target)).toEqual({ status: 200, echoed: 'ping' })
  expect(pair.events).toEqual([{ runId: 'run', type: 'allow', target }])
})

test('a listed name that leads to a private address is refused', async () => {
  await using pair = await startPair((port) => [`localhost:${port}`])
  expect((await connectThrough(pair.socketPath, `localhost:${pair.port}`)).status).toBe(403)
  expect(pair.events).toMatchObject([{ type: 'deny', why: 'resolves to a private address' }])
})

test.each(['example.org:443', '127.0.0.1:443', '[::1]:443', '169.254.169.254:80', 'nonsense', 'a.test:99999999'])(
  '%s, not listed, is refused and reported',
  async (target) => {
    await using pair = await startPair(() => ['api.example.com'])
    expect((await connectThrough(pair.socketPath, target)).status).toBe(403)
    expect(pair.events).toMatchObject([{ type: 'deny', target, why: 'not on the allow-list' }])
  },
)

test('a plain request is refused, even to a listed name', async () => {
  await using pair = await startPair((port) => [`localhost:${port}`], ['localhost'])
  const asked = request({ socketPath: pair.socketPath, path: `http://localhost:${pair.port}/` }).end()
  const [response] = await once(asked, 'response')
  expect(response.statusCode).toBe(403)
  expect(pair.events).toMatchObject([{ type: 'deny' }])
})

test('a socket path that Linux cannot hold is told with the remedy', async () => {
  const socketPath = `/tmp/${'x'.repeat(120)}`
  const starting = startEgress({ socketPath, runId: 'run', allowed: [], privateHosts: [], onEvent: () => {} })
  await expect(starting).rejects.toMatchObject({ code: 'path-too-long', message: expect.stringMatching(/DROVER_HOME/) })
})
