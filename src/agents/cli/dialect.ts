import type { Exit } from '../../lib/process.ts'
import type { AgentEvent, AgentProfile, Ending, Probe } from '../driver.ts'

/** What one kind of one-shot program is told, and how its output is to be understood. */
export interface Dialect {
  spend: boolean
  /** Program and arguments, with `{prompt}`, `{promptFile}`, `{model}` and `{home}` still in them. */
  command(profile: AgentProfile): readonly string[]
  /** What to do where the program is not there. */
  installHint(profile: AgentProfile): string
  /** Whether it can be used, once its program was found. */
  readAuth(profile: AgentProfile, env: NodeJS.ProcessEnv): Pick<Probe, 'auth' | 'hint'>
  /** For one turn. */
  createReader(): OutputReader
}

export interface OutputReader {
  readLine(line: string): AgentEvent[]
  /** `lastWords` is the end of its stderr. Asked only when it ended by itself. */
  judge(exit: Exit, lastWords: string): Ending
}
