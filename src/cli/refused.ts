import type { Problem } from '../http/wire.ts'
import { oneLine, type Output } from './output.ts'

/** The service said no: `problem` is its answer. */
export class Refused extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.detail)
    this.name = 'Refused'
    this.problem = problem
  }
}

/** The refusal that an answer is; of something which is no Drover, as well as it can be told. */
export async function refusalOf(response: Response): Promise<Refused> {
  const text = await response.text().catch(() => '')
  try {
    const problem: unknown = JSON.parse(text)
    if (typeof problem === 'object' && problem !== null && 'detail' in problem) return new Refused(problem as Problem)
  } catch {
    // Not from Drover: some proxy's page.
  }
  const detail = `${response.url} answers ${response.status} ${response.statusText}. Is this the address of a Drover?`
  return new Refused({
    type: 'about:blank',
    title: 'Refused',
    status: response.status,
    detail,
    code: 'foreign',
    correlationId: '',
  })
}

/** In a line or two: what is wrong, what to do, and every field that it is about. */
export function tellRefusal({ problem: { detail, errors = [] } }: Refused, out: Output): void {
  out.note(`${out.noteStyle('red', 'drover:')} ${oneLine(detail)}`)
  for (const { field, message } of errors) out.note(`  ${oneLine(`${field}: ${message}`)}`)
}
