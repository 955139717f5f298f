/** The same wish, told by the tool that the agent at hand offers for it. */
export interface ToolCall {
  name: string
  /** JSON; for a tool of free form its text. */
  arguments: string
  isFreeForm?: true
}

export type Wish =
  | { type: 'write'; path: string; text: string }
  | { type: 'shell'; command: string }
  | { type: 'plan'; steps: { text: string; state: 'pending' | 'active' | 'done' }[] }
  | { type: 'ask'; question: string; choices: string[] }
  | { type: 'mcp'; tool: string; input: object }

/** Undefined where none of the offered tools does it. */
export function callFor(wish: Wish, offered: readonly string[]): ToolCall | undefined {
  if (offered.includes('exec') && wish.type !== 'ask') return programFor(wish)
  if (wish.type === 'mcp') {
    const name = offered.find((tool) => tool.endsWith(wish.tool))
    return name === undefined ? undefined : { name, arguments: JSON.stringify(wish.input) }
  }
  const name = Object.keys(TOOLS[wish.type]).find((tool) => offered.includes(tool))
  const argumentsFor = name === undefined ? undefined : (TOOLS[wish.type][name] as (wish: Wish) => object)
  return name === undefined || !argumentsFor ? undefined : { name, arguments: JSON.stringify(argumentsFor(wish)) }
}

type Of<Type extends Wish['type']> = Extract<Wish, { type: Type }>
type Tools = { [Type in Exclude<Wish['type'], 'mcp'>]: Record<string, (wish: Of<Type>) => object> }

/** Claude writes names with capitals, Gemini with underscores, opencode small; Codex and GPT models patch files instead of writing them. */
const TOOLS: Tools = {
  write: {
    Write: ({ path, text }) => ({ file_path: path, content: text }),
    write_file: ({ path, text }) => ({ file_path: path, content: text }),
    write: ({ path, text }) => ({ filePath: path, content: text }),
    exec_command: ({ path, text }) => ({ cmd: `apply_patch <<'PATCH'\n${patchThatAdds(path, text)}\nPATCH` }),
    apply_patch: ({ path, text }) => ({ patchText: patchThatAdds(path, text) }),
  },
  shell: {
    Bash: ({ command }) => ({ command, description: 'Runs a command' }),
    bash: ({ command }) => ({ command, description: 'Runs a command' }),
    run_shell_command: ({ command }) => ({ command }),
    exec_command: ({ command }) => ({ cmd: command, yield_time_ms: LONG_MS }),
  },
  plan: {
    TodoWrite: ({ steps }) => ({
      todos: steps.map(({ text, state }) => ({ content: text, activeForm: text, status: STATUS[state] })),
    }),
    todowrite: ({ steps }) => ({
      todos: steps.map(({ text, state }) => ({ content: text, priority: 'medium', status: STATUS[state] })),
    }),
    update_plan: ({ steps }) => ({ plan: steps.map(({ text, state }) => ({ step: text, status: STATUS[state] })) }),
    write_todos: ({ steps }) => ({
      todos: steps.map(({ text, state }) => ({ description: text, status: STATUS[state] })),
    }),
  },
  ask: {
    AskUserQuestion: ({ question, choices }) => ({
      questions: [{ question, header: 'Choice', multiSelect: false, options: choices.map(optionOf) }],
    }),
    request_user_input_async: ({ question, choices }) => ({ questions: [{ title: question, options: choices }] }),
  },
}

const STATUS = { pending: 'pending', active: 'in_progress', done: 'completed' }

const optionOf = (label: string) => ({ label, description: `The choice ${label}` })

function patchThatAdds(path: string, text: string): string {
  const lines = text.trimEnd().split('\n')
  return `*** Begin Patch\n*** Add File: ${path}\n${lines.map((line) => `+${line}`).join('\n')}\n*** End Patch`
}

/** The newest models of Codex have one tool, which runs JavaScript with all others in it. */
function programFor(wish: Exclude<Wish, Of<'ask'>>): ToolCall {
  // Otherwise it comes back after half a minute, and what it runs goes on.
  const program = `// @exec: {"yield_time_ms": ${LONG_MS}}\ntext(await tools.${nestedCall(wish)})`
  return { name: 'exec', arguments: program, isFreeForm: true }
}

const LONG_MS = 600_000

function nestedCall(wish: Exclude<Wish, Of<'ask'>>): string {
  switch (wish.type) {
    case 'shell':
      return `exec_command(${JSON.stringify(TOOLS.shell.exec_command?.(wish))})`
    case 'write':
      return `apply_patch(${JSON.stringify(patchThatAdds(wish.path, wish.text))})`
    case 'plan':
      return `update_plan(${JSON.stringify(TOOLS.plan.update_plan?.(wish))})`
    case 'mcp':
      return `mcp__conformance__${wish.tool}(${JSON.stringify(wish.input)})`
  }
}
