import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { promisify } from 'node:util'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { claimTaskOn, makeCodebase, openRunTools, type TestTools } from '../../test/run-tools-kit.ts'
import { openTestDb, type TestDatabase } from '../../test/test-db.ts'
import type { Codebase } from '../codebases/codebase.ts'
import { DEFAULT_ORG } from '../orgs/org.ts'

let database: TestDatabase
let codebase: Codebase
let tools: TestTools

beforeAll(async () => {
  database = await openTestDb()
  codebase = await makeCodebase(database, DEFAULT_ORG, 'one')
  tools = await openRunTools(database, await claimTaskOn(database, codebase))
})
afterAll(async () => {
  await tools[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const NAMES = ['ask_person', 'report_progress', 'create_task', 'remember', 'recall', 'attach_artifact']

const ask = (method: string, params: unknown = {}) => ({ jsonrpc: '2.0', id: 1, method, params })
const initialize = (protocolVersion: string) =>
  ask('initialize', { protocolVersion, capabilities: {}, clientInfo: { name: 'test', version: '1' } })

interface ListedTool {
  name: string
  inputSchema: { properties: Record<string, unknown>; required?: string[] }
  annotations: Record<string, boolean>
}

async function listTools() {
  const response = await tools.post(ask('tools/list'))
  return ((await response.json()) as { result: { tools: ListedTool[] } }).result.tools
}

test('the official client connects, finds the tools, calls one, and leaves', async () => {
  const client = new Client({ name: 'test', version: '1' })
  const transport = new StreamableHTTPClientTransport(new URL(tools.url), {
    requestInit: { headers: { authorization: `Bearer ${tools.token}` } },
  })
  const errors: Error[] = []
  Object.assign(client, { onerror: (error: Error) => errors.push(error) })
  await client.connect(transport)
  expect(client.getServerVersion()?.name).toBe('drover')
  expect(client.getInstructions()).toContain('ask_person')
  expect((await client.listTools()).tools.map((tool) => tool.name)).toEqual(NAMES)
  expect(await client.callTool({ name: 'report_progress', arguments: { text: 'half' } })).toEqual({
    content: [{ type: 'text', text: 'Reported.' }],
  })
  expect(tools.heard.reports).toContain('half')
  await client.ping()
  await transport.terminateSession()
  await client.close()
  expect(errors).toEqual([])
})

test.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])(
  'a client of protocol version %s gets it, and then lists and calls without a session',
  async (version) => {
    const hello = await tools.post(initialize(version))
    expect(hello.headers.get('content-type')).toBe('application/json')
    expect(hello.headers.get('mcp-session-id')).toBeNull()
    expect(await hello.json()).toMatchObject({ id: 1, result: { protocolVersion: version } })
    const header = { 'mcp-protocol-version': version }
    const ready = await tools.post({ jsonrpc: '2.0', method: 'notifications/initialized' }, header)
    expect([ready.status, await ready.text()]).toEqual([202, ''])
    const listed = await tools.post(ask('tools/list'), header)
    expect(await listed.json()).toMatchObject({ result: { tools: NAMES.map((name) => ({ name })) } })
    const params = { name: 'recall', arguments: {} }
    const called = await tools.post({ ...ask('tools/call', params), id: 'a text' }, header)
    expect(await called.json()).toMatchObject({ id: 'a text', result: { content: [{ type: 'text' }] } })
  },
)

test('a version from the future is answered with the newest that is known, and refused as a header', async () => {
  const response = await tools.post(initialize('2099-01-01'))
  expect(await response.json()).toMatchObject({ result: { protocolVersion: '2025-11-25' } })
  expect((await tools.post(ask('tools/list'), { 'mcp-protocol-version': '2099-01-01' })).status).toBe(400)
})

test('a client that first looks for a newer protocol is told no, in JSON, and can begin as before', async () => {
  const probe = { ...ask('server/discover'), id: 'server-discover-probe-1' }
  const response = await tools.post(probe, { 'mcp-protocol-version': '2026-07-28' })
  expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/json'])
  expect(await response.json()).toMatchObject({ jsonrpc: '2.0', error: { message: expect.any(String) } })
  expect((await tools.post(initialize('2025-11-25'))).status).toBe(200)
})

test('the schemas are plain: an object with described fields that models of every vendor take', async () => {
  const listed = await listTools()
  const fields = listed.map(({ name, inputSchema }) => [
    name,
    Object.keys(inputSchema.properties).map((key) => (inputSchema.required?.includes(key) ? key : `${key}?`)),
  ])
  expect(Object.fromEntries(fields)).toEqual({
    ask_person: ['question', 'choices?'],
    report_progress: ['text'],
    create_task: ['title', 'prompt', 'agent?', 'wait?'],
    remember: ['text', 'key?'],
    recall: ['query?'],
    attach_artifact: ['name', 'content', 'media_type?'],
  })
  const described = listed.flatMap(({ inputSchema }) => Object.values(inputSchema.properties))
  expect(described.every((field) => typeof (field as { description?: string }).description === 'string')).toBe(true)
  expect(JSON.stringify(listed)).not.toMatch(/\$schema|\$ref|anyOf|oneOf/)
  // What is said to be harmless is not asked of a person first.
  expect(listed.filter(({ annotations }) => annotations['destructiveHint'] || annotations['openWorldHint'])).toEqual([])
})

test('without the token of the run nobody gets in, whatever they ask', async () => {
  const wrong = ['', 'Bearer', 'Bearer wrong', `Basic ${tools.token}`, `Bearer ${tools.token}x`, tools.token]
  for (const authorization of wrong) {
    for (const method of ['POST', 'GET', 'DELETE', 'OPTIONS']) {
      const response = await fetch(tools.url, { method, headers: { authorization } })
      expect([authorization, response.status, response.headers.get('www-authenticate')]).toEqual([
        authorization,
        401,
        'Bearer',
      ])
    }
  }
  expect((await fetch(tools.url, { method: 'POST', body: '{}' })).status).toBe(401)
  expect((await fetch(tools.url.replace('/mcp', '/else'))).status).toBe(401)
})

test('only POST to /mcp is served: no stream, no session to end', async () => {
  const headers = { authorization: `bearer ${tools.token}`, accept: 'text/event-stream' }
  for (const method of ['GET', 'DELETE', 'PUT']) {
    const response = await fetch(tools.url, { method, headers })
    expect([method, response.status, response.headers.get('allow')]).toEqual([method, 405, 'POST'])
  }
  expect((await fetch(tools.url.replace('/mcp', '/'), { method: 'POST', headers })).status).toBe(404)
  expect((await fetch(`${tools.url}?x=1`, { headers })).status).toBe(405)
})

test('what is no JSON-RPC is refused, and does no harm', async () => {
  expect((await tools.post('{"jsonrpc"')).status).toBe(400)
  expect((await tools.post({ hello: 1 })).status).toBe(400)
  expect((await tools.post('[]')).status).toBeLessThan(500)
  expect((await tools.post(ask('tools/list'), { 'content-type': 'text/plain' })).status).toBe(415)
  expect((await tools.post(ask('tools/list'), { accept: 'text/html' })).status).toBe(406)
  expect(await (await tools.post(ask('no/such'))).json()).toMatchObject({ error: { code: -32601 } })
  expect(await (await tools.post(ask('tools/call', {}))).json()).toMatchObject({ error: { code: expect.any(Number) } })
  const huge = ask('tools/call', { name: 'report_progress', arguments: { text: 'x'.repeat(5 * 2 ** 20) } })
  expect((await tools.post(huge)).status).toBe(413)
  expect(await listTools()).toHaveLength(NAMES.length)
})

test('one run has at most 16 requests open at once, and goes on when they are gone', async () => {
  const open = Array.from({ length: 16 }, () =>
    request(tools.url, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${tools.token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'content-length': '100',
        // Its answer says that the server has the request.
        expect: '100-continue',
      },
    }),
  )
  await Promise.all(
    open.map(async (one) => {
      one.on('error', () => undefined)
      one.flushHeaders()
      await once(one, 'continue')
    }),
  )
  const refused = await tools.post(ask('tools/list'))
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
  for (const one of open) one.destroy()
  await expect.poll(async () => (await tools.post(ask('tools/list'))).status).toBe(200)
})

test('a client that hangs up in the middle of a call harms nobody', async () => {
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<string>()
  const host = {
    report: () => undefined,
    waitForChildren: () => undefined,
    askPerson: () => {
      asked.resolve()
      return answer.promise
    },
  }
  await using slow = await openRunTools(database, await claimTaskOn(database, codebase), { host })
  const call = new AbortController()
  const calling = fetch(slow.url, {
    method: 'POST',
    signal: call.signal,
    headers: {
      authorization: `Bearer ${slow.token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify(ask('tools/call', { name: 'ask_person', arguments: { question: 'q' } })),
  })
  await asked.promise
  call.abort()
  await expect(calling).rejects.toThrow('aborted')
  const next = slow.call('report_progress', { text: 'on' })
  answer.resolve('Asked.')
  expect(await next).toBe('Reported.')
})

test('a service without runs does not load the protocol', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '--eval',
    `import { registerHooks } from 'node:module'
     const loaded = []
     registerHooks({ resolve: (name, context, next) => { const found = next(name, context); loaded.push(found.url); return found } })
     const { createRunTools } = await import(${JSON.stringify(new URL('run-tools.ts', import.meta.url).href)})
     const count = () => loaded.filter((url) => url.includes('@modelcontextprotocol')).length
     const options = { database: {}, task: { id: 'tsk_1' }, token: 't', host: {} }
     const listener = createRunTools(options)
     const before = count()
     const { createServer } = await import('node:http')
     const server = createServer(listener).listen(0, '127.0.0.1', async () => {
       const headers = { authorization: 'Bearer t' }
       await fetch('http://127.0.0.1:' + server.address().port + '/mcp', { method: 'POST', headers, body: '{}' })
       console.log(JSON.stringify([before, count() > 0]))
       server.closeAllConnections()
       server.close()
     })`,
  ])
  expect(JSON.parse(stdout)).toEqual([0, true])
})
