/** People on their platforms, and what Drover says to them: inbox, deliveries, rooms of the console. Part of wire.ts. */
import { z } from '@hono/zod-openapi'
import { ROLES } from '../orgs/member.ts'
import { AgentName, CodebaseRef, id, Name, Prompt, Time } from './wire-values.ts'

export const SAID_STATUSES = ['new', 'fetching', 'done', 'parked'] as const
export const DELIVERY_STATUSES = ['open', 'pending', 'sent', 'dead', 'discarded'] as const

const Verdict = z.enum(['task', 'command', 'answer', 'dropped'])
const ShownKind = z.enum(['text', 'card', 'answer', 'question'])
const DeliveryKind = z.enum([...ShownKind.options, 'webhook'])
export const Place = z
  .object({
    channel: z.string().openapi({ example: 'telegram' }),
    tenant: z.string(),
    room: z.string(),
    thread: z.string(),
  })
  .openapi('Place')
export type Place = z.infer<typeof Place>

export const Said = z
  .object({
    id: id('inb_01kanv3e5x8t1z6w2q9r4c7b0d'),
    key: z.string().openapi({ description: 'What names it on its platform' }),
    type: z.enum(['message', 'choice']),
    place: Place,
    actor: z.object({ id: z.string(), name: z.string() }),
    text: z.string().nullable().openapi({ description: 'Null where it is not kept: it was not for Drover' }),
    link: z.string().nullable(),
    status: z.enum(SAID_STATUSES).openapi({
      description: '`fetching`: its files are on their way; `parked`: it could not be handled; retry it, or leave it',
    }),
    tries: z.int(),
    verdict: Verdict.nullable().openapi({ description: 'What became of it' }),
    reason: z.string().nullable(),
    taskId: z.string().nullable(),
    conversationId: z.string().nullable(),
    receivedAt: Time,
    handledAt: Time.nullable(),
  })
  .openapi('Said')
export type Said = z.infer<typeof Said>
export const Inbox = z.object({ inbox: z.array(Said) }).openapi('Inbox')
export type Inbox = z.infer<typeof Inbox>

export const Delivery = z
  .object({
    id: id('dlv_01kanv3e5x8t1z6w2q9r4c7b0d'),
    place: Place,
    kind: DeliveryKind,
    status: z.enum(DELIVERY_STATUSES).openapi({
      description: '`open`: lives as long as its task; `dead`: it could not be sent; retry it, or discard it',
    }),
    text: z.string().openapi({ description: 'What is shown of it; of a text that is not shown yet, what it says' }),
    messageIds: z.array(z.string()),
    conversationId: z.string().nullable(),
    taskId: z.string().nullable(),
    questionId: z.string().nullable(),
    tries: z.int(),
    error: z.string().nullable(),
    createdAt: Time,
    endedAt: Time.nullable(),
  })
  .openapi('Delivery')
export type Delivery = z.infer<typeof Delivery>
export const DeliveryList = z.object({ deliveries: z.array(Delivery) }).openapi('DeliveryList')
export type DeliveryList = z.infer<typeof DeliveryList>

export const Channel = z
  .object({
    name: z.string(),
    kind: z.string(),
    isUp: z.boolean(),
    reason: z.string().nullable().openapi({ description: 'What is wrong, and what to do' }),
    changedAt: Time,
  })
  .openapi('Channel')
export type Channel = z.infer<typeof Channel>
export const ChannelList = z.object({ channels: z.array(Channel) }).openapi('ChannelList')
export type ChannelList = z.infer<typeof ChannelList>

export const Person = z
  .object({
    id: id('mem_01kanv3e5x8t1z6w2q9r4c7b0d'),
    name: z.string(),
    role: z.enum(ROLES),
    accounts: z.array(
      z.object({
        channel: z.string(),
        tenant: z.string().openapi({ description: 'Empty: in every one of the channel' }),
        actor: z.string().openapi({ description: 'Its id on the platform' }),
        source: z.enum(['settings', 'granted']).openapi({
          description: '`settings`: as long as the allow-list in the settings names it',
        }),
      }),
    ),
  })
  .openapi('Person')
export type Person = z.infer<typeof Person>
export const PersonList = z.object({ people: z.array(Person) }).openapi('PersonList')
export type PersonList = z.infer<typeof PersonList>

export const NewPerson = z
  .strictObject({
    channel: z.string().min(1).openapi({ example: 'telegram' }),
    tenant: z.string().optional().openapi({ description: 'A Slack workspace, a Discord server; all if left out' }),
    actor: z.string().trim().min(1).openapi({ description: 'The id of the account', example: '123456789' }),
    name: Name.optional().openapi({ description: 'The name that the account has shown, if left out' }),
    role: z.enum(ROLES).optional().openapi({ description: '`member` if left out' }),
  })
  .openapi('NewPerson')
export type NewPerson = z.infer<typeof NewPerson>

export const RefusedList = z
  .object({
    refused: z.array(
      z
        .object({ channel: z.string(), actor: z.string(), name: z.string(), at: Time })
        .openapi('RefusedAccount', { description: 'Somebody who wrote and may not' }),
    ),
  })
  .openapi('RefusedList')
export type RefusedList = z.infer<typeof RefusedList>

export const NewConsole = z
  .strictObject({
    codebase: CodebaseRef.optional().openapi({ description: 'The only one there is, if left out' }),
    agent: AgentName.optional(),
    title: z.string().trim().min(1).max(200).optional().openapi({ description: 'What it is about; names the branch' }),
    conversationId: z.string().optional().openapi({ description: 'A conversation to go on in, instead of all others' }),
  })
  .refine(
    ({ conversationId, ...others }) =>
      conversationId === undefined || Object.values(others).every((value) => value === undefined),
    {
      path: ['conversationId'],
      message: 'Give it alone. The agent of a conversation is changed by saying `/agent <name>` in it.',
    },
  )
  .openapi('NewConsole')
export type NewConsole = z.infer<typeof NewConsole>

export const ConsoleText = z
  .strictObject({
    text: Prompt,
    replyTo: z.string().optional().openapi({ description: 'The `messageId` of the message that it answers' }),
  })
  .openapi('ConsoleText')
export const ConsoleChoice = z
  .strictObject({ questionId: z.string(), choiceId: z.string().openapi({ example: '0' }) })
  .openapi('ConsoleChoice')
export const Accepted = z
  .object({ id: z.string().openapi({ description: 'GET /v1/inbox?which=… says what became of it' }) })
  .openapi('Accepted')
export type Accepted = z.infer<typeof Accepted>

const about = { at: Time, text: z.string(), conversationId: z.string().nullable(), taskId: z.string().nullable() }

/** One entry of a room: said by somebody, or shown by Drover. */
export const ConsoleMessage = z
  .discriminatedUnion('by', [
    z.object({
      by: z.literal('person'),
      id: z.string(),
      ...about,
      name: z.string(),
      channel: z.string().openapi({ description: 'Where it was said: a conversation may have several places' }),
      status: z.enum(SAID_STATUSES),
      verdict: Verdict.nullable().openapi({ description: 'What became of it; null until it is handled' }),
      reason: z.string().nullable(),
    }),
    z.object({
      by: z.literal('drover'),
      id: z.string(),
      ...about,
      kind: ShownKind,
      isFinal: z.boolean().openapi({ description: 'It will not change by itself any more' }),
      messageId: z.string().nullable().openapi({ description: 'What `replyTo` takes' }),
      question: z
        .object({
          id: z.string(),
          kind: z.enum(['permission', 'question', 'offer']),
          choices: z.array(z.object({ id: z.string(), label: z.string() })),
          freeText: z.boolean(),
        })
        .nullable()
        .openapi({ description: 'As long as it is open' }),
    }),
  ])
  .openapi('ConsoleMessage')
export type ConsoleMessage = z.infer<typeof ConsoleMessage>

export const ConsoleMessages = z
  .object({
    conversationId: z.string().nullable().openapi({ description: 'What is said here now belongs to this one' }),
    messages: z.array(ConsoleMessage),
  })
  .openapi('ConsoleMessages')
export type ConsoleMessages = z.infer<typeof ConsoleMessages>
