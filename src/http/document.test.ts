import { expect, test } from 'vitest'
import { openTestApi } from '../../test/http-kit.ts'

interface Operation {
  operationId?: string
  summary?: string
  security?: unknown[]
  requestBody?: { required?: boolean }
  parameters?: { name: string; in: string }[]
  responses: Record<string, { description?: string }>
}
interface Document {
  openapi: string
  info: { title: string; version: string }
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, { type?: string }>; securitySchemes: object }
}

const readDocument = async () => {
  await using api = await openTestApi()
  const response = await api.http.fetch(new Request('http://localhost/openapi.json'))
  return { served: (await response.json()) as Document, made: api.http.document() }
}

/** Every `$ref` in a document. */
function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => (key === '$ref' ? [String(inner)] : refsIn(inner)))
}

test('the document is OpenAPI 3.1, is served without a key, and every reference in it leads somewhere', async () => {
  const { served, made } = await readDocument()
  expect(served).toEqual(JSON.parse(JSON.stringify(made)))
  expect(served.openapi).toBe('3.1.0')
  expect(served.info.version).toBe('0.0.0-test')
  const refs = refsIn(served)
  expect(refs.length).toBeGreaterThan(50)
  const parts = served as unknown as Record<string, Record<string, Record<string, unknown>>>
  for (const ref of refs) {
    const [, components = '', kind = '', name = ''] = ref.split('/')
    expect([ref, parts[components]?.[kind]?.[name] !== undefined]).toEqual([ref, true])
  }
})

test('every operation says what it is, has a name of its own, declares its path parameters and requires its body', async () => {
  const { served } = await readDocument()
  const operations = Object.entries(served.paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => ({ path, operation })),
  )
  expect(operations.length).toBeGreaterThanOrEqual(25)
  const names = operations.map(({ operation }) => operation.operationId)
  expect(new Set(names).size).toBe(operations.length)
  const broken = operations.filter(({ path, operation }) => {
    const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path').map(({ name }) => name)
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    const statuses = Object.keys(operation.responses)
    const saysWhoMayAsk = operation.security?.length === 0 || statuses.includes('401')
    return !(
      operation.summary &&
      declared.join() === inPath.join() &&
      operation.requestBody?.required !== false &&
      statuses.some((status) => status.startsWith('2')) &&
      saysWhoMayAsk
    )
  })
  expect(broken).toEqual([])
})

test('what may be null says so', async () => {
  const { served } = await readDocument()
  const { question, result, finishedAt } = (
    served.components.schemas.Task as unknown as {
      properties: Record<string, { anyOf?: unknown[]; type?: unknown }>
    }
  ).properties
  expect(question?.anyOf).toContainEqual({ type: 'null' })
  expect(result?.anyOf).toContainEqual({ type: 'null' })
  expect(finishedAt?.type).toEqual(['string', 'null'])
})
