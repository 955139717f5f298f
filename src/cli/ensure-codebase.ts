import { basename } from 'node:path'
import type { Codebase, CodebaseList } from '../http/wire.ts'
import type { Client } from './client.ts'
import { Refused } from './refused.ts'

/** The codebase of this address, made known if it was not. Its name is that of the folder, with a number where that is taken. */
export async function ensureCodebase(
  client: Client,
  address: string,
  onAdded: (codebase: Codebase) => void,
): Promise<Codebase> {
  const name =
    basename(address)
      .replace(/\.git$/, '')
      .replace(/[^\w.-]+/g, '-') || 'repository'
  for (let number = 1; ; number++) {
    const { codebases } = await client.get<CodebaseList>('/v1/codebases')
    const known = codebases.find(({ url }) => url === address)
    if (known) return known
    const isTaken = (name: string) => codebases.some((codebase) => codebase.name === name)
    while (isTaken(numbered(name, number))) number++
    try {
      const added = await client.post<Codebase>('/v1/codebases', { url: address, name: numbered(name, number) })
      onAdded(added)
      return added
    } catch (error) {
      // Somebody was quicker: with this repository, or with this name for another.
      if (!(error instanceof Refused) || error.problem.code !== 'name-taken') throw error
    }
  }
}

const numbered = (name: string, number: number) => (number === 1 ? name : `${name}-${number}`)
