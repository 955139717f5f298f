import { randomUUID } from 'node:crypto'
import type { Console, ConversationWithMessages, Task } from '../http/wire.ts'
import { plainText } from '../lib/log.ts'
import type { Cli } from './cli.ts'
import type { Client } from './client.ts'
import { openDesk, type Desk } from './desk.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import type { Outcome } from './outcome.ts'
import type { Output } from './output.ts'
import { patiently } from './patiently.ts'
import { Refused, tellRefusal } from './refused.ts'
import { openRoom, type Room } from './room.ts'

const HELP = `Write what is to be done. Work of one conversation goes to one branch.
/help shows what else you can say; /quit or Ctrl-D leaves, and the conversation stays.
Ctrl-C stops what runs.`

export interface TalkOptions {
  /** To go on in; else a new one begins with the first words. */
  conversation?: string
  codebase?: string
  agent?: string
  json?: boolean
}

export interface Talk {
  /** To the end of what is said. */
  run(): Promise<ExitCode>
  /** Ctrl-C. The first time it stops what runs; where nothing does, and the second time, it leaves. */
  interrupt(): void
  close(): Promise<void>
}

/** One conversation at one terminal or pipe. In a pipe each message waits for the outcome of the one before it. */
export function createTalk(
  cli: Cli,
  client: Client,
  { conversation, agent, codebase, json = false }: TalkOptions,
): Talk {
  const desk = openDesk(cli, json, interrupt)
  const { out, view } = desk
  const left = Promise.withResolvers<undefined>()
  let room: Room | undefined
  let exitCode: ExitCode = EXIT.done
  let isStopping = false
  let isLeaving = false

  function onChange(changed: Room) {
    desk.setPrompt(changed.isAsking() ? 'answer> ' : 'you> ')
    view.show(changed)
    if (desk.isLive && !changed.isWorking()) isStopping = false
  }
  const onAway = (isAway: boolean) =>
    out.note(
      out.noteStyle(
        'yellow',
        isAway ? 'The service is away; waiting for it to come back. What runs is safe.' : 'The service is back.',
      ),
    )

  async function enter(body: object, hasHistory: boolean): Promise<Room> {
    const key = randomUUID()
    const opened = await patiently(() => client.post<Console>('/v1/console', body, key))
    const entered = await openRoom(client, opened.room, {
      onChange: (changed) => room && onChange(changed),
      onAway,
      onEnd: () => desk.close(),
    })
    if (hasHistory) view.skip(entered)
    room = entered
    onChange(entered)
    return entered
  }

  /** A conversation begins with its first words: they name it, and its branch. */
  async function say(text: string): Promise<string> {
    const title = text.startsWith('/') ? {} : { title: text.slice(0, 200) }
    const entered = room ?? (await enter({ ...title, ...(codebase && { codebase }), ...(agent && { agent }) }, false))
    return entered.say(text)
  }

  async function settle(id: string): Promise<void> {
    const outcome = await room?.outcome(id)
    // Who looks on has seen it.
    if (outcome && !desk.isLive) exitCode = await exitCodeOf(client, outcome, isStopping)
  }

  async function hear(text: string): Promise<void> {
    try {
      const id = await Promise.race([say(text), left.promise])
      if (id === undefined) return
      const settled = settle(id)
      if (!desk.isLive) return await settled
      // What ends the room ends the loop below.
      settled.catch(() => undefined)
    } catch (error) {
      // What one message did wrong does not end the conversation.
      if (!(error instanceof Refused) || !room) throw error
      tellRefusal(error, out)
      if (!desk.isLive) exitCode = EXIT.wrongUse
    }
  }

  function interrupt() {
    const isWorking = room?.isWorking() === true
    if (room && isWorking && !isStopping) {
      isStopping = true
      out.note(out.noteStyle('yellow', 'Stopping. Ctrl-C again leaves at once.'))
      // Where it is refused, what ran has ended.
      room.say('/stop').catch(() => undefined)
      return
    }
    isLeaving = true
    if (isWorking || !desk.isLive) exitCode = EXIT.interrupted
    desk.close()
    left.resolve(undefined)
    void room?.close()
  }

  return {
    interrupt,
    async run(): Promise<ExitCode> {
      desk.setPrompt('you> ')
      if (conversation !== undefined) {
        await showHistory(client, conversation, out)
        await enter({ conversationId: conversation }, true)
        if (agent !== undefined) await hear(`/agent ${agent}`)
      }
      if (cli.out.canAsk) out.note(out.noteStyle('dim', HELP))
      await listen(desk, hear, () => isLeaving || (isStopping && !desk.isLive))
      if (!isLeaving) room?.assertOpen()
      return exitCode
    },
    async close() {
      desk.close()
      if (!room) return
      const waits = room.isAsking() ? 'It waits for your answer' : 'Go on'
      await room.close()
      cli.out.note(cli.out.noteStyle('dim', `${waits} with: drover chat --conversation ${room.conversationId()}`))
    },
  }
}

async function listen(desk: Desk, hear: (text: string) => Promise<void>, isOver: () => boolean) {
  for (let line = await desk.next(); line !== undefined; line = await desk.next()) {
    const said = line.trim()
    if (said === '/quit' || said === '/exit') return
    if (said !== '') await hear(said)
    if (isOver()) return
  }
}

async function exitCodeOf(client: Client, outcome: Outcome, isStopping: boolean): Promise<ExitCode> {
  switch (outcome.type) {
    case 'replied':
      return EXIT.done
    case 'asked':
      return EXIT.failed
    case 'refused':
      return EXIT.wrongUse
    case 'ended': {
      const { status } = await patiently(() => client.get<Task>(`/v1/tasks/${outcome.taskId}`))
      if (status === 'completed') return EXIT.done
      return isStopping ? EXIT.interrupted : EXIT.failed
    }
  }
}

async function showHistory(client: Client, id: string, out: Output) {
  const path = `/v1/conversations/${encodeURIComponent(id)}?messages=20`
  const { messages } = await client.get<ConversationWithMessages>(path)
  for (const { author, text } of messages) {
    const who = author === 'person' ? out.noteStyle('cyan', 'you:') : out.noteStyle('green', 'agent:')
    out.note(`${who} ${plainText(text)}`)
  }
}
