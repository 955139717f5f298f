import type { Inbound } from '../channels/channel.ts'
import type { Codebase, CodebaseCommand } from '../codebases/codebase.ts'

/** What an offer leads to, as it is kept with the question. */
export type OfferAction =
  | {
      type: 'create-codebase'
      codebase: Pick<Codebase, 'id' | 'name' | 'url' | 'defaultBranch'>
      /** What was found in the repository, to be offered next. */
      commands?: { folder: string; found: CodebaseCommand[] }
    }
  | { type: 'load-commands'; codebaseId: string; folder: string; found: CodebaseCommand[] }
  | Unsure

/** Spoken words that were heard with little confidence: the message that they make, and where its files are. */
export interface Unsure {
  type: 'unsure'
  /** Who said them: nobody else can say whether that was it, nor does anybody else's right count. */
  memberId: string
  saidId: string
  event: Inbound & { type: 'message' }
}

export const saysLoaded = (commands: readonly CodebaseCommand[]) =>
  commands.length === 0
    ? 'No commands loaded: there is nothing new.'
    : `Loaded ${commands.length} ${commands.length === 1 ? 'command' : 'commands'}: ${commands.map(({ name }) => name).join(', ')}`
