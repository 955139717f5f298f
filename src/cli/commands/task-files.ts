import { access, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { Artifact, ArtifactList } from '../../http/wire.ts'
import { codeOf, messageOf, UserError } from '../../lib/errors.ts'
import { safeFileNames } from '../../lib/file-names.ts'
import { addCommand, does, type Cli, type JsonOption } from '../cli.ts'
import type { Client } from '../client.ts'
import { ago, oneLine } from '../output.ts'
import { connect } from '../service.ts'

export function addTaskFiles(task: Command, cli: Cli): void {
  addCommand(task, 'files <id>', {
    about: 'list what was sent with a task and what it produced, or save it',
    examples: ['drover task files tsk_…', 'drover task files tsk_… --save ./files'],
  })
    .option('--save <folder>', 'write all of them into this folder, which is made where it is missing')
    .action(
      does(cli, async (id: string, { json, save }: JsonOption & { save?: string }) => {
        const client = await connect(cli)
        const list = await client.get<ArtifactList>(`/v1/tasks/${encodeURIComponent(id)}/artifacts`)
        const { artifacts } = list
        const saved = save === undefined ? undefined : await saveAll(client, artifacts, save)
        if (json === true) {
          const withPaths = artifacts.map((artifact, index) => ({ ...artifact, savedAs: saved?.[index] }))
          return cli.out.json(saved ? { artifacts: withPaths } : list)
        }
        if (artifacts.length === 0) return cli.out.note('This task has no files.')
        if (saved) for (const path of saved) cli.out.print(oneLine(path))
        else show(artifacts, cli)
      }),
    )
}

function show(artifacts: Artifact[], { out }: Cli) {
  const rows = artifacts.map(({ id, kind, bytes, createdAt, mediaType, name }) => {
    const size = bytes < 10_000 ? `${bytes} B` : `${Math.round(bytes / 1_000)} kB`
    return [id, kind, size, ago(createdAt), mediaType, name]
  })
  out.table(['FILE', 'KIND', 'SIZE', 'AGE', 'TYPE', 'NAME'], rows)
}

/** Returns where each of them is. Refuses before anything is written where one of them would take a file's place. */
async function saveAll(client: Client, artifacts: Artifact[], folder: string): Promise<string[]> {
  // Their names are others' words: none of them leads out of the folder.
  const paths = safeFileNames(artifacts.map(({ name }) => name)).map((name) => join(folder, name))
  for (const path of paths) if (await isThere(path)) throw alreadyThere(path)
  // Not with those above it: below /proc Node would never come back.
  await mkdir(folder).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST')
      throw new UserError('folder', `${folder} cannot be made: ${messageOf(error)}`, { cause: error })
  })
  for (const [index, { id }] of artifacts.entries()) {
    const path = paths[index] as string
    const content = await client.bytes(`/v1/artifacts/${id}`)
    // `wx` also refuses a link that was put there meanwhile.
    await writeFile(path, content, { flag: 'wx' }).catch((error: unknown) => {
      throw codeOf(error) === 'EEXIST' ? alreadyThere(path) : error
    })
  }
  return paths
}

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

const alreadyThere = (path: string) =>
  new UserError('file-exists', `${path} is there already and is not written over. Name another folder.`)
