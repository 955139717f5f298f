import { z } from 'zod'
import type { AgentProfile, Ask, Reply } from '../driver.ts'
import type { CanUseTool, PermissionOptions, PermissionResult, PermissionUpdate } from './sdk.ts'
import { describeTool } from './tools.ts'

type AskPerson = (question: Ask) => Promise<Reply | 'stopped'>

interface PermissionParts {
  profile: AgentProfile
  workspace: string
  ask: AskPerson
  /** A person, or the profile, said no to this call. */
  onDenied(toolId: string): void
}

/** Answers what Claude asks before it acts: by the profile where that allows everything, otherwise by asking. */
export function createPermissions({ profile, workspace, ask, onDenied }: PermissionParts): CanUseTool {
  return async (name, input, options) => {
    if (name === 'AskUserQuestion') return answerQuestions(input, options, ask)
    if (profile.autonomy === 'full') return { behavior: 'allow', updatedInput: input }
    const reply = await ask(permissionAsk(name, input, options, workspace))
    if (reply === 'stopped' || reply === 'park') return PUT_OFF
    const chosen = 'choose' in reply ? reply.choose : undefined
    if (chosen === 'allow') return { behavior: 'allow', updatedInput: input }
    if (chosen === 'session') {
      return { behavior: 'allow', updatedInput: input, updatedPermissions: rulesOf(options) }
    }
    onDenied(options.toolUseID)
    return { behavior: 'deny', message: 'text' in reply ? `A person said no: ${reply.text}` : DENIED }
  }
}

const DENIED =
  'This was not allowed. Do not try to reach the same in another way: go on without it, or say what is missing.'
const PUT_OFF: PermissionResult = {
  behavior: 'deny',
  message: 'Nobody has answered yet. Stop here: the answer comes with the next message.',
  interrupt: true,
}

function permissionAsk(
  name: string,
  input: Record<string, unknown>,
  options: PermissionOptions,
  workspace: string,
): Ask {
  const { kind, title, files } = describeTool(name, input, workspace)
  return {
    id: options.toolUseID,
    kind: 'permission',
    title,
    toolKind: kind,
    ...(options.mcpServer && { mcpServer: options.mcpServer.name }),
    input,
    ...(files.length > 0 && { files }),
    choices: [
      { id: 'allow', label: 'Allow', effect: 'allow' },
      ...(rulesOf(options).length > 0
        ? [{ id: 'session', label: 'Allow from now on in this session', effect: 'allow_session' as const }]
        : []),
      { id: 'deny', label: 'Deny', effect: 'deny' },
    ],
    freeText: false,
  }
}

/** For this session only: Claude would write some of them into the settings of the workspace, and so into the commit. */
function rulesOf({ suggestions = [], suppressAlwaysAllowRule }: PermissionOptions): PermissionUpdate[] {
  return suppressAlwaysAllowRule ? [] : suggestions.map((rule) => ({ ...rule, destination: 'session' }))
}

const questionsInput = z.object({
  questions: z.array(z.object({ question: z.string(), options: z.array(z.object({ label: z.string() })).catch([]) })),
})

/** Up to four at once, asked one after the other: people answer one question at a time. */
async function answerQuestions(
  input: Record<string, unknown>,
  { toolUseID }: PermissionOptions,
  ask: AskPerson,
): Promise<PermissionResult> {
  const read = questionsInput.safeParse(input)
  if (!read.success)
    return { behavior: 'deny', message: 'This question cannot be put to a person: it has another form.' }
  const answers: Record<string, string> = {}
  for (const [index, question] of read.data.questions.entries()) {
    const reply = await ask({
      id: index === 0 ? toolUseID : `${toolUseID}-${index + 1}`,
      kind: 'question',
      title: question.question,
      choices: question.options.map(({ label }) => ({ id: label, label, effect: 'pick' })),
      freeText: true,
    })
    if (reply === 'stopped' || reply === 'park') return PUT_OFF
    answers[question.question] = 'choose' in reply ? reply.choose : reply.text
  }
  return { behavior: 'allow', updatedInput: { ...input, answers } }
}
