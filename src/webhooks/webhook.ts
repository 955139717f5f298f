import { randomBytes } from 'node:crypto'
import type { Id } from '../lib/ids.ts'

/** What may become of a task, as its subscribers are told. */
export const WEBHOOK_EVENTS = [
  'task.created',
  'task.started',
  'task.waiting',
  'task.completed',
  'task.failed',
  'task.cancelled',
] as const
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number]

/** What somebody who gives an address along with a task wants to know of it. */
export const REPLY_EVENTS: WebhookEvent[] = ['task.waiting', 'task.completed', 'task.failed', 'task.cancelled']

/** An address that Drover posts to. */
export interface Subscription {
  id: Id<'subscription'>
  url: string
  events: WebhookEvent[]
  /** Told of this task alone; null: of all of the org's. */
  taskId: string | null
  createdAt: Date
  disabledAt: Date | null
  /** A sentence for people. */
  disabledWhy: string | null
}

/** Name of the channel that posts. */
export const WEBHOOK_CHANNEL = 'webhook'

/** Encrypts what is stored in the credentials of a tenant. */
export type Seal = (text: string, channel: string, tenant: string) => Buffer

/** A new secret as Standard Webhooks writes it: `whsec_` and base64 of 32 random bytes. */
export const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`
