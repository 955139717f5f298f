import { z } from 'zod'
import type { AgentEvent } from '../driver.ts'

type Plan = Extract<AgentEvent, { type: 'plan' }>
type State = Plan['items'][number]['state']

const status = z.enum(['pending', 'in_progress', 'completed'])
const STATE = { pending: 'pending', in_progress: 'active', completed: 'done' } as const satisfies Record<
  z.output<typeof status>,
  State
>

const todos = z.object({ todos: z.array(z.object({ content: z.string(), status })) })
const created = z.object({ task: z.object({ id: z.string(), subject: z.string() }) })
const changed = z.object({
  taskId: z.string(),
  statusChange: z.object({ to: z.union([status, z.literal('deleted')]) }).optional(),
})
const renamed = z.object({ subject: z.string() })
const listed = z.object({ tasks: z.array(z.object({ id: z.string(), subject: z.string(), status })) })

/** Whether a tool only keeps Claude's own list of what is to do: it is shown as the plan, not as a tool. */
export function isPlanTool(name: string): boolean {
  return name === 'TodoWrite' || /^Task(Create|Update|List|Get)$/.test(name)
}

/** Makes plans of two kinds of tools: one tells its whole list each time, the others add and change single tasks. */
export interface PlanKeeper {
  /** Undefined where the plan is as it was. `outcome` is the tool's own record of what it did. */
  read(tool: { name: string; input: unknown }, outcome: unknown): Plan | undefined
}

export function createPlanKeeper(): PlanKeeper {
  const tasks = new Map<string, { text: string; state: State }>()
  const plan = (): Plan => ({ type: 'plan', items: [...tasks.values()].map((task) => ({ ...task })) })
  return {
    read({ name, input }, outcome) {
      switch (name) {
        case 'TodoWrite': {
          const list = todos.safeParse(input).data?.todos
          return (
            list && { type: 'plan', items: list.map((todo) => ({ text: todo.content, state: STATE[todo.status] })) }
          )
        }
        case 'TaskCreate': {
          const task = created.safeParse(outcome).data?.task
          if (!task) return undefined
          tasks.set(task.id, { text: task.subject, state: 'pending' })
          return plan()
        }
        case 'TaskUpdate': {
          const change = changed.safeParse(outcome).data
          const task = change && tasks.get(change.taskId)
          if (!change || !task) return undefined
          const to = change.statusChange?.to
          if (to === 'deleted') tasks.delete(change.taskId)
          else if (to) task.state = STATE[to]
          task.text = renamed.safeParse(input).data?.subject ?? task.text
          return plan()
        }
        case 'TaskList': {
          // All of them, those of an earlier process included, which nobody told us of.
          const list = listed.safeParse(outcome).data?.tasks
          if (!list) return undefined
          tasks.clear()
          for (const task of list) tasks.set(task.id, { text: task.subject, state: STATE[task.status] })
          return plan()
        }
        default:
          return undefined
      }
    },
  }
}
