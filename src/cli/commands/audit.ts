import type { Command } from 'commander'
import type { AuditEntry, AuditLog } from '../../http/wire.ts'
import { addCommand, does, type Cli, type JsonOption } from '../cli.ts'
import { ago, oneLine } from '../output.ts'
import { connect } from '../service.ts'

export function addAuditCommand(program: Command, cli: Cli): void {
  const { out } = cli
  addCommand(program, 'audit', {
    about: 'list who changed who may speak to Drover, and as whom; newest first',
    examples: ['drover audit --limit 200'],
  })
    .option('--limit <number>', 'how many, at most 500', '50')
    .option('--before <seq>', 'only what is older than this entry')
    .action(
      does(cli, async ({ json, ...page }: JsonOption & { limit: string; before?: string }) => {
        const query = new URLSearchParams(page).toString()
        const list = await (await connect(cli)).get<AuditLog>(`/v1/audit?${query}`)
        if (json === true) return out.json(list)
        if (list.audit.length === 0) return out.note('Nothing was changed yet.')
        out.table(
          ['SEQ', 'AGE', 'BY', 'DID', 'TO', 'DETAIL'],
          list.audit.map((entry) => [
            String(entry.seq),
            ago(entry.at),
            named(entry.actor, entry.actorName),
            entry.action,
            named(entry.subject, entry.subjectName),
            detailText(entry),
          ]),
        )
        if (list.next !== null) out.note(`There is more: drover audit --before ${list.next}`)
      }),
    )
}

/** `--json` has the ids. */
const named = (id: string, name: string | null) => (name === null ? id : oneLine(name))

const detailText = ({ detail }: AuditEntry) =>
  Object.entries(detail)
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
