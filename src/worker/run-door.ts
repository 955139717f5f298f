import type { RequestListener } from 'node:http'
import type { AgentProfile, Ask, McpServer } from '../agents/driver.ts'
import { newId } from '../lib/ids.ts'
import type { Task } from '../tasks/task.ts'
import type { EventWriter } from './write-events.ts'

/** What a run may reach of Drover through the door of its sandbox: its model, and Drover's own tools. Made by the composition root. */
interface RunDoor {
  listener: RequestListener
  /** Its model is called through the gateway, which counts better than the agent. */
  isMetered: boolean
  /** What the agent must be told to use it. `url`: where the door answers, as the agent sees it. */
  invite(url: string): { env: Record<string, string>; mcpServers: McpServer[] }
}

export type OpenRunDoor = (run: { task: Task; profile: AgentProfile; host: DoorHost }) => RunDoor

/** What comes in at the door. */
export interface DoorHost {
  /** A line for people. */
  report(text: string): void
  /** Returns what the agent is told. */
  askPerson(question: { title: string; choices: string[] }): Promise<string>
  /** At its end the turn waits for the tasks that the agent made. */
  waitForChildren(): void
  /** A call was refused: the run is over, and goes on once there is room. */
  budgetSpent(spent: { sentence: string; until?: Date }): void
  budgetWarning(sentence: string): void
}

/** What has to follow the turn, whatever the agent says at its end. */
export interface Wishes {
  question?: Ask
  children: boolean
  budget?: { sentence: string; until?: Date }
}

/** Collects what a run wishes; what people should see at once goes into its events. */
export function collectWishes(events: EventWriter): { host: DoorHost; wishes: Wishes } {
  const wishes: Wishes = { children: false }
  return {
    wishes,
    host: {
      report: (text) => events.write({ type: 'step', text }),
      async askPerson({ title, choices }) {
        if (wishes.question)
          return 'Your earlier question is still open. One at a time: end your turn now; the answer comes with your next message.'
        wishes.question = {
          id: newId('question'),
          kind: 'question',
          title,
          choices: choices.map((label) => ({ id: label, label, effect: 'pick' })),
          freeText: true,
        }
        return 'Your question is put to the person. End your turn now; the answer comes with your next message.'
      },
      waitForChildren: () => void (wishes.children = true),
      budgetSpent(spent) {
        wishes.budget ??= spent
      },
      budgetWarning: (text) => events.write({ type: 'notice', level: 'warn', code: 'other', text }),
    },
  }
}
