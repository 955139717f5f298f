import type { Command } from 'commander'
import { Settings } from '../../config.ts'
import { addCommand, does, type Cli, type JsonOption } from '../cli.ts'

interface Setting {
  name: string
  /** Null where it is not set and has no default; `set` for a secret that is. */
  value: string | null
  isDefault: boolean
  about: string
}

export function addConfigCommand(program: Command, cli: Cli): void {
  const { out, parts } = cli
  addCommand(program, 'config', { about: 'show every setting; secrets as "set"' }).action(
    does(cli, async ({ json }: JsonOption) => {
      const settings = settingsIn(parts.env)
      if (json === true) out.json({ settings })
      else {
        const width = Math.max(...settings.map(({ name }) => name.length))
        for (const { name, value, isDefault, about } of settings) {
          const shown =
            value === null
              ? out.style('dim', 'not set')
              : isDefault
                ? `${value} ${out.style('dim', '(default)')}`
                : out.style('green', value)
          out.print(`${out.style('bold', name.padEnd(width))}  ${shown}`)
          out.print(out.style('dim', `${''.padEnd(width)}  ${about}`))
        }
      }
      // After they are shown: whoever has a mistake in them wants to see them.
      const { home, workspacePath } = await parts.config()
      out.note(`Data folder: ${home}\nWorkspaces:  ${workspacePath}`)
    }),
  )
}

function settingsIn(env: NodeJS.ProcessEnv): Setting[] {
  return Object.entries(Settings.shape).map(([name, schema]) => {
    const { description = '', secret } = schema.meta() as { description?: string; secret?: boolean }
    const given = env[name]?.trim() === '' ? undefined : env[name]
    const fallback = schema.safeParse(undefined).data
    const isDefault = given === undefined
    if (!isDefault) return { name, value: secret === true ? 'set' : given, isDefault, about: description }
    return { name, value: fallback === undefined ? null : String(fallback), isDefault, about: description }
  })
}
