/** Addresses that Drover posts to, and hooks that are posted to. Part of wire.ts. */
import { z } from '@hono/zod-openapi'
import { HOOK_SCHEMES } from '../webhooks/hook.ts'
import { WEBHOOK_EVENTS } from '../webhooks/webhook.ts'
import { AgentName, CodebaseRef, id, Name, Prompt, Time } from './wire-values.ts'

const HTTP = /^https?$/

const WebhookUrl = z
  .url({ protocol: HTTP, message: 'It is no http:// or https:// URL.' })
  .max(2_000)
  .refine(
    (url) => !URL.canParse(url) || (new URL(url).username === '' && new URL(url).password === ''),
    'It has a user name or a password in it. What is posted is signed: check that instead.',
  )
  .openapi({ example: 'https://example.com/drover' })

const part = (description: string) => z.string().max(200).default('').openapi({ description })

/** Where to say what becomes of a task: an address, or a place of a channel. */
export const ReplyTo = z
  .union(
    [
      WebhookUrl,
      z.strictObject({
        channel: z.string().min(1).max(100).openapi({ example: 'slack' }),
        tenant: part('A Slack workspace, a Discord server'),
        room: z.string().min(1).max(200).openapi({ example: 'C024BE91L' }),
        thread: part('In it, where the platform has threads'),
      }),
    ],
    { error: 'Give an http:// or https:// URL, or a place: {"channel": "slack", "room": "C024BE91L"}.' },
  )
  .openapi({ description: 'Posted to when it waits or has ended; or a place where its card and its answer are shown' })

const SECRET_BYTES = { min: 24, max: 64 }

/** As Standard Webhooks has it. */
export const WebhookSecret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/, 'It is whsec_ and base64.')
  .refine((secret) => {
    const { length } = Buffer.from(secret.slice('whsec_'.length), 'base64')
    return length >= SECRET_BYTES.min && length <= SECRET_BYTES.max
  }, `It stands for ${SECRET_BYTES.min} to ${SECRET_BYTES.max} bytes.`)
  .openapi({ example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' })

export const Webhook = z
  .object({
    id: id('whs_01kanv3e5x8t1z6w2q9r4c7b0d'),
    url: z.string(),
    events: z.array(z.enum(WEBHOOK_EVENTS)),
    taskId: z.string().nullable().openapi({ description: 'It is told of this task alone' }),
    createdAt: Time,
    disabledAt: Time.nullable(),
    disabledWhy: z
      .string()
      .nullable()
      .openapi({ description: 'Why nothing is posted any more: remove it, add it anew' }),
  })
  .openapi('Webhook')
export type Webhook = z.infer<typeof Webhook>

export const NewWebhook = z
  .strictObject({
    url: WebhookUrl,
    events: z
      .array(z.enum(WEBHOOK_EVENTS))
      .min(1)
      .transform((events) => [...new Set(events)])
      .optional()
      .openapi({ description: 'All of them, if left out' }),
  })
  .openapi('NewWebhook')
export type NewWebhook = z.infer<typeof NewWebhook>

export const CreatedWebhook = Webhook.extend({
  secret: z.string().nullable().openapi({
    description:
      'What posts are signed with, as Standard Webhooks has it. Shown this once; null in the answer to a repeated Idempotency-Key',
    example: 'whsec_…',
  }),
}).openapi('CreatedWebhook')
export type CreatedWebhook = z.infer<typeof CreatedWebhook>

export const WebhookList = z.object({ webhooks: z.array(Webhook) }).openapi('WebhookList')
export type WebhookList = z.infer<typeof WebhookList>

const Scheme = z.enum(HOOK_SCHEMES)
const schemeIs = 'How posts are signed: `standard` as Standard Webhooks has it, `github` by X-Hub-Signature-256'

export const Hook = z
  .object({
    id: id('hok_01kanv3e5x8t1z6w2q9r4c7b0d'),
    name: z.string(),
    path: z.string().openapi({ example: '/webhooks/in/hok_01kanv3e5x8t1z6w2q9r4c7b0d' }),
    scheme: Scheme.openapi({ description: schemeIs }),
    codebaseId: z.string(),
    agent: z.string().nullable(),
    template: z.string(),
    conversationTemplate: z.string().nullable(),
    createdAt: Time,
  })
  .openapi('Hook')
export type Hook = z.infer<typeof Hook>

export const NewHook = z
  .strictObject({
    name: Name,
    codebase: CodebaseRef,
    agent: AgentName.optional(),
    scheme: Scheme.default('standard').openapi({ description: schemeIs }),
    template: Prompt.openapi({
      description: 'What the agent is told, with paths into the JSON that is posted',
      example: 'Look into the alert {{alert.title}}: {{alert.details}}',
    }),
    conversationTemplate: z.string().min(1).max(500).optional().openapi({
      description: 'What comes to the same text goes on in one conversation; each post has its own, if left out',
      example: '{{alert.id}}',
    }),
    secret: z.string().min(16).max(255).optional().openapi({
      description: 'Of the sender’s making; for `standard` it is whsec_ and base64. Made if left out',
    }),
  })
  .refine(
    ({ scheme, secret }) => scheme !== 'standard' || secret === undefined || WebhookSecret.safeParse(secret).success,
    {
      path: ['secret'],
      message: `For \`standard\` it is whsec_ and base64 of ${SECRET_BYTES.min} to ${SECRET_BYTES.max} bytes.`,
    },
  )
  .openapi('NewHook')
export type NewHook = z.input<typeof NewHook>

export const CreatedHook = Hook.extend({
  secret: z.string().nullable().openapi({
    description: 'Shown this once; null where the request brought it, and in the answer to a repeated Idempotency-Key',
    example: 'whsec_…',
  }),
}).openapi('CreatedHook')
export type CreatedHook = z.infer<typeof CreatedHook>

export const HookList = z.object({ hooks: z.array(Hook) }).openapi('HookList')
export type HookList = z.infer<typeof HookList>

export const HookAccepted = z
  .object({ id: z.string().openapi({ description: 'GET /v1/inbox?which=… says what became of it', example: 'inb_…' }) })
  .openapi('HookAccepted')
