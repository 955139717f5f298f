import { basename } from 'node:path'
import type { Id } from '../lib/ids.ts'

/** A repository that Drover knows. */
export interface Codebase {
  id: Id<'codebase'>
  orgId: Id<'org'>
  name: string
  /** Without credentials. */
  url: string
  defaultBranch: string
  /** Who works on it where nobody names one. */
  agent: string | null
  createdAt: Date
}

/** A prompt command: a Markdown file of the repository, by name. */
export interface CodebaseCommand {
  name: string
  /** Within the repository. */
  path: string
  description: string
}

/** The last part of a path or URL, as people would call the repository. */
export function nameFromUrl(url: string): string {
  const name = basename(url.replace(/[/\\]+$/, '')).replace(/\.git$/, '')
  return name.replace(/[^\w.-]+/g, '-').replace(/^[-.]+/, '') || 'repository'
}
