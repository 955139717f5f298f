import type { ColumnType, Generated } from 'kysely'
import type { Json, Now, OptionalJson } from './column-types.ts'

/** Of people, and of what is said and shown: in, out, and on the way. */
export interface TalkTables {
  members: {
    id: string
    org_id: string
    name: string
    role: 'owner' | 'admin' | 'member'
    created_at: Now
    removed_at: Date | null
  }
  channels: {
    name: string
    org_id: string
    kind: string
    is_up: Generated<boolean>
    reason: string | null
    changed_at: Now
    paused_until: Date | null
    cursor: OptionalJson
  }
  channel_credentials: { channel: string; tenant: string; org_id: string; sealed: Buffer; created_at: Now }
  identities: {
    channel: string
    tenant: string
    actor: string
    org_id: string
    member_id: string
    source: 'settings' | 'granted'
    created_at: Now
  }
  places: {
    id: string
    org_id: string
    channel: string
    tenant: string
    room: string
    thread: string
    created_at: Now
    busy_until: Date | null
    turn: Generated<number>
    ready_at: Now
  }
  place_conversations: {
    place_id: string
    conversation_id: string
    org_id: string
    is_current: boolean
    since: Now
    mirror: Generated<'off' | 'status' | 'full'>
  }
  link_codes: {
    code_hash: Buffer
    org_id: string
    conversation_id: string
    expires_at: Date
    used_at: Date | null
  }
  account_codes: {
    code_hash: Buffer
    org_id: string
    member_id: string
    place_id: string
    channel: string | null
    name: string | null
    expires_at: Date
    used_at: Date | null
  }
  code_guesses: {
    org_id: string
    channel: string
    tenant: string
    actor: string
    since: Now
    wrong: number
    told: Generated<boolean>
  }
  audit_log: {
    seq: ColumnType<number, never, never>
    org_id: string
    at: Now
    actor: string
    action: string
    subject: string
    detail: Json
  }
  inbox: {
    id: string
    seq: ColumnType<number, never, never>
    org_id: string
    channel: string
    key: string
    lane: string
    event: Json
    link: string | null
    status: Generated<'new' | 'fetching' | 'done' | 'parked'>
    tries: Generated<number>
    run_at: Now
    verdict: 'task' | 'command' | 'answer' | 'dropped' | null
    reason: string | null
    task_id: string | null
    conversation_id: string | null
    received_at: Now
    handled_at: Date | null
    fetched_at: Date | null
  }
  inbox_files: {
    inbox_id: string
    n: number
    org_id: string
    kind: 'voice' | 'image' | 'file'
    name: string
    media_type: string
    content: Buffer | null
    transcript: OptionalJson
    problem: string | null
  }
  questions: {
    id: string
    org_id: string
    conversation_id: string
    task_id: string | null
    kind: 'permission' | 'question' | 'offer'
    title: string
    choices: Json
    free_text: boolean
    action: OptionalJson
    asked_at: Now
    closed_at: Date | null
    answer: OptionalJson
    answered_by: string | null
  }
  task_steers: {
    seq: ColumnType<number, never, never>
    org_id: string
    task_id: string
    text: string
    created_by: string | null
    created_at: Now
    told_at: Date | null
  }
  deliveries: {
    id: string
    seq: ColumnType<number, never, never>
    org_id: string
    place_id: string
    channel: string
    conversation_id: string | null
    task_id: string | null
    question_id: string | null
    kind: 'text' | 'card' | 'answer' | 'question' | 'webhook'
    content: ColumnType<Record<string, unknown>, string | undefined, string>
    status: 'open' | 'pending' | 'sent' | 'dead' | 'discarded'
    message_ids: Generated<string[]>
    shown: Generated<string[]>
    shown_event: Generated<number>
    tries: Generated<number>
    run_at: Now
    error: string | null
    created_at: Now
    ended_at: Date | null
  }
  webhook_subscriptions: {
    id: string
    org_id: string
    place_id: string
    url: string
    events: string[]
    task_id: string | null
    created_at: Now
    disabled_at: Date | null
    disabled_why: string | null
  }
  relay_channels: {
    id: string
    name: string
    token_hash: Buffer
    created_at: Now
    last_seq: Generated<number>
    waiting: Generated<number>
    waiting_bytes: Generated<number>
    last_post_at: Date | null
    is_connected: Generated<boolean>
    seen_at: Date | null
  }
  relay_posts: {
    channel_id: string
    seq: number
    method: string
    path: string
    query: string
    headers: Json
    body: Buffer
    size: number
    received_at: Now
    status: Generated<'waiting' | 'answered' | 'failed'>
    settled_at: Date | null
    answer_status: number | null
    answer_type: string | null
    answer_body: Buffer | null
  }
  hooks: {
    id: string
    org_id: string
    name: string
    scheme: 'standard' | 'github'
    codebase_id: string
    agent: string | null
    template: string
    conversation_template: string | null
    created_at: Now
    removed_at: Date | null
  }
}
