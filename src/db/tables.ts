/**
 * The tables as TypeScript sees them. Written by hand, because a generator loses what is inside jsonb;
 * test/schema-drift.test.ts holds them against the migrated database.
 */
import type { ColumnType, Generated } from 'kysely'
import type { Json, Now, OptionalJson } from './column-types.ts'
import type { TalkTables } from './talk-tables.ts'

export interface Tables extends TalkTables {
  orgs: { id: string; slug: string; name: string; created_at: Now }
  api_keys: {
    id: string
    org_id: string
    name: string
    secret_hash: Buffer
    created_at: Now
    last_used_at: Date | null
    revoked_at: Date | null
  }
  idempotency_keys: { org_id: string; key: string; fingerprint: string; status: number; body: Json; created_at: Now }
  codebases: {
    id: string
    org_id: string
    name: string
    url: string
    default_branch: string
    created_at: Now
    removed_at: Date | null
    agent: string | null
  }
  codebase_commands: {
    codebase_id: string
    name: string
    org_id: string
    path: string
    description: Generated<string>
    created_at: Now
  }
  conversations: {
    id: string
    org_id: string
    title: string
    codebase_id: string | null
    agent: string
    branch: string | null
    created_at: Now
    cwd: Generated<string>
    busy: Generated<'queue' | 'steer' | 'interrupt' | 'collect'>
    verbosity: Generated<'quiet' | 'normal' | 'verbose'>
  }
  messages: {
    id: string
    org_id: string
    conversation_id: string
    author: 'person' | 'agent'
    text: string
    created_at: Now
  }
  sessions: {
    id: string
    org_id: string
    conversation_id: string
    agent: string
    resume: string
    created_at: Now
    ended_at: Date | null
  }
  workspaces: {
    conversation_id: string
    host: string
    org_id: string
    codebase_id: string
    directory: string
    checkpoint_sha: string | null
    pushed: Generated<boolean>
    last_used_at: Now
  }
  worker_types: {
    name: string
    description: Generated<string>
    capabilities: Generated<string[]>
    image: string | null
  }
  workers: {
    id: string
    host: string
    boot_id: string
    pid: number
    process_started: string
    types: string[]
    concurrency: number
    version: string
    started_at: Now
    heartbeat_at: Now
    draining: Generated<boolean>
    stopped_at: Date | null
  }
  limits: { scope: 'org' | 'agent'; key: string; max_running: number }
  agent_worker_types: { agent: string; worker_type: string }
  agent_pauses: { agent: string; until: Date }
  tasks: TaskTable
  task_events: {
    task_id: string
    seq: number
    org_id: string
    attempt: number
    type: string
    data: Json
    at: Now
  }
  artifacts: {
    id: string
    org_id: string
    task_id: string
    kind: string
    name: string
    media_type: Generated<string>
    content: Buffer
    created_at: Now
  }
  usage: {
    org_id: string
    task_id: string
    attempt: number
    agent: string
    conversation_id: string | null
    codebase_id: string | null
    input_tokens: number
    output_tokens: number
    cache_read_tokens: number
    cache_write_tokens: number
    reasoning_tokens: number
    usd: ColumnType<string | null, number | null, number | null>
    basis: 'agent' | 'priced' | 'unknown'
    created_at: Now
    metered: Generated<boolean>
  }
  model_calls: {
    id: string
    org_id: string
    task_id: string
    attempt: number
    agent: string
    conversation_id: string | null
    codebase_id: string | null
    vendor: string
    model: string
    input_tokens: number
    output_tokens: number
    cache_read_tokens: number
    cache_write_tokens: number
    reasoning_tokens: number
    usd: ColumnType<string | null, number | null, number | null>
    at: Now
  }
  budgets: {
    id: string
    org_id: string
    scope: 'org' | 'conversation' | 'codebase' | 'agent' | 'task'
    key: string | null
    period: 'total' | 'day'
    max_usd: ColumnType<string | null, number | null, number | null>
    max_calls: number | null
    max_tokens: number | null
    created_at: Now
    counted_until: ColumnType<Date, never, never>
    counted_calls: ColumnType<number, never, never>
    counted_tokens: ColumnType<number, never, never>
    counted_usd: ColumnType<string | null, never, never>
    counted_unpriced: ColumnType<number, never, never>
  }
  budget_raises: { org_id: string; at: Date }
  schedules: {
    id: string
    org_id: string
    name: string
    cron: string
    timezone: Generated<string>
    prompt: string
    agent: string
    codebase_id: string | null
    enabled: Generated<boolean>
    next_run_at: Date
    last_run_at: Date | null
    last_task_id: string | null
    created_at: Now
  }
  memories: {
    id: string
    org_id: string
    codebase_id: string | null
    key: string | null
    text: string
    /** Made by the database. */
    words: ColumnType<string, never, never>
    created_by_task: string | null
    created_at: Now
    updated_at: Now
  }
}

interface TaskTable {
  id: string
  org_id: string
  /** Given by the database under the lane's lock. */
  place: ColumnType<number, never, never>
  kind: Generated<string>
  status: ColumnType<string, never, never>
  waiting_for: ColumnType<string | null, never, never>
  worker_type: Generated<string>
  agent: string
  lane: string | null
  priority: Generated<number>
  run_at: Now
  attempt: ColumnType<number, never, never>
  failures: ColumnType<number, never, never>
  max_attempts: Generated<number>
  worker_id: ColumnType<string | null, never, never>
  lease_expires_at: ColumnType<Date | null, never, never>
  cancel_requested: ColumnType<boolean, never, never>
  parent_id: string | null
  conversation_id: string | null
  codebase_id: string | null
  title: string
  prompt: string
  input: ColumnType<Record<string, unknown>, string | undefined, string>
  checkpoint: ColumnType<Record<string, unknown>, string | undefined, string>
  result: OptionalJson
  failure: OptionalJson
  last_event: ColumnType<number, never, never>
  created_by: string | null
  correlation_id: string | null
  place_id: string | null
  created_at: Now
  started_at: Date | null
  finished_at: ColumnType<Date | null, never, never>
}
