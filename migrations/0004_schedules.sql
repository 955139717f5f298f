-- A prompt that becomes a task again and again.
create table schedules (
  id          text primary key check (id like 'sch\_%'),
  org_id      text not null references orgs,
  name        text not null,
  -- Five fields, as in crontab(5).
  cron        text not null,
  timezone    text not null default 'UTC',
  prompt      text not null,
  agent       text not null,
  codebase_id text,
  enabled     boolean not null default true,
  next_run_at timestamptz not null,
  last_run_at timestamptz,
  last_task_id text,
  created_at  timestamptz not null default now(),
  foreign key (org_id, codebase_id) references codebases (org_id, id),
  foreign key (org_id, last_task_id) references tasks (org_id, id)
);
select protect_tenant_table('schedules');
create unique index one_schedule_per_name on schedules (org_id, name);
create index schedules_due on schedules (next_run_at) where enabled;
