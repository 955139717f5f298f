import { posix } from 'node:path'
import { byUse } from '../codebases/command-store.ts'
import type { CodebaseCommand } from '../codebases/codebase.ts'
import type { Workspace } from '../workspaces/workspace.ts'

const COMMAND_FOLDERS = ['.claude/commands', '.agents/commands']

/** The first folder, of those where people keep them, that has some. */
export async function findCommandFolder(
  workspace: Workspace,
): Promise<{ folder: string; found: CodebaseCommand[] } | undefined> {
  for (const folder of COMMAND_FOLDERS) {
    const found = await findCommandFiles(workspace, folder)
    if (found && found.length > 0) return { folder: `${folder}/`, found }
  }
  return undefined
}

const NAME = /^[a-z0-9][a-z0-9_-]*$/
const MOST_COMMANDS = 200

/** Each Markdown file of a folder is a command of its name; undefined where there is no such folder. */
export async function findCommandFiles(workspace: Workspace, folder: string): Promise<CodebaseCommand[] | undefined> {
  const names = await workspace.listFolder(folder)
  if (!names) return undefined
  const commands: CodebaseCommand[] = []
  for (const file of names.filter((each) => each.endsWith('.md')).slice(0, MOST_COMMANDS)) {
    const name = file.slice(0, -'.md'.length).toLowerCase()
    if (!NAME.test(name)) continue
    const path = posix.join(folder, file)
    commands.push({ name, path, description: describeCommand((await workspace.readFile(path)) ?? '') })
  }
  return commands.toSorted(byUse)
}

const MOST_DESCRIPTION = 120

/** What a command says of itself: `description:` at its head, else its first line. */
export function describeCommand(content: string): string {
  const [, head] = /^---\r?\n([^]*?)\r?\n---/.exec(content) ?? []
  const said = /^description:\s*["']?(.+?)["']?\s*$/m.exec(head ?? '')?.[1]
  const body = head === undefined ? content : content.replace(/^---\r?\n[^]*?\r?\n---/, '')
  const line = said ?? body.split('\n').find((each) => each.trim() !== '') ?? ''
  return line
    .replace(/^#+\s*/, '')
    .trim()
    .slice(0, MOST_DESCRIPTION)
    .toWellFormed()
}
