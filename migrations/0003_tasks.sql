-- One table is the domain's record of a task and the queue. The functions here are the engine; src/tasks/store.ts calls them.
-- Lock order everywhere: lane, then the task's own row, then its parent's row. One task a transaction.

-- What a worker offers. Not tenant data: a worker serves all orgs.
create table worker_types (
  name         text primary key check (name ~ '^[a-z][a-z0-9-]*$'),
  description  text not null default '',
  capabilities text[] not null default '{}',
  image        text
);
insert into worker_types (name, description, capabilities) values ('general', 'Edits code in a git workspace', '{git,code}');
grant select on worker_types to drover_app;
grant select, insert, update on worker_types to drover_system;

-- Where tasks of an agent go that does not run everywhere; written from the profiles when a service starts.
create table agent_worker_types (
  agent       text primary key,
  worker_type text not null references worker_types
);
grant select on agent_worker_types to drover_app;
grant select, insert, update, delete on agent_worker_types to drover_system;

create table workers (
  id              text primary key check (id like 'wrk\_%'),
  host            text not null,
  -- With host, boot and start time a pid names one process for ever: pids come again.
  boot_id         text not null,
  pid             int not null,
  process_started text not null,
  types           text[] not null,
  concurrency     int not null,
  version         text not null,
  started_at      timestamptz not null default now(),
  heartbeat_at    timestamptz not null default now(),
  draining        boolean not null default false,
  stopped_at      timestamptz
);
grant select, insert, update, delete on workers to drover_system;
grant select on workers to drover_app;

-- How many may run at once: of an org, of an agent. Key '*' is for those without a row of their own; no row, no limit.
create table limits (
  scope       text not null check (scope in ('org', 'agent')),
  key         text not null,
  max_running int not null check (max_running >= 0),
  primary key (scope, key)
);
grant select, insert, update, delete on limits to drover_system;

-- A vendor's usage limit holds for every task that uses the same login: until it is lifted nothing of that agent is claimed.
create table agent_pauses (
  agent text primary key,
  until timestamptz not null
);
grant select, insert, update, delete on agent_pauses to drover_system;

create sequence task_places;
grant usage on sequence task_places to drover_app, drover_system;

create table tasks (
  id               text primary key check (id like 'tsk\_%'),
  org_id           text not null references orgs,
  -- Place in line, given under the lane's lock: in a lane it is the order of commit.
  place            bigint not null,
  kind             text not null default 'agent',
  status           text not null check (status in
                     ('queued', 'scheduled', 'pending', 'running', 'waiting', 'completed', 'failed', 'cancelled')),
  waiting_for      text check (waiting_for in ('input', 'children', 'limit')),
  worker_type      text not null default 'general' references worker_types,
  agent            text not null,
  -- First in, first out, one at a time. Null: no order.
  lane             text,
  -- Smaller is sooner: ascending, so that one row comparison can walk the index.
  priority         int not null default 100,
  run_at           timestamptz not null default now(),
  -- How often it was claimed, and the fence: every write of a run names it.
  attempt          int not null default 0,
  -- How often a run ended badly since a person last started it; a claim after an answer does not count.
  failures         int not null default 0,
  max_attempts     int not null default 5 check (max_attempts > 0),
  worker_id        text,
  -- In no index: a heartbeat stays a HOT update.
  lease_expires_at timestamptz,
  cancel_requested boolean not null default false,
  parent_id        text,
  conversation_id  text,
  codebase_id      text,
  title            text not null,
  prompt           text not null,
  -- What a kind needs besides its prompt, and the answers that people gave.
  input            jsonb not null default '{}',
  -- Where the next run goes on.
  checkpoint       jsonb not null default '{}',
  result           jsonb,
  failure          jsonb,
  -- The newest number in task_events: the row hands the numbers out, so they have no gaps.
  last_event       bigint not null default 0,
  created_by       text,
  correlation_id   text,
  created_at       timestamptz not null default now(),
  started_at       timestamptz,
  finished_at      timestamptz,
  unique (org_id, id),
  foreign key (org_id, parent_id) references tasks (org_id, id),
  foreign key (org_id, conversation_id) references conversations (org_id, id),
  foreign key (org_id, codebase_id) references codebases (org_id, id),
  constraint waiting_says_for_what check ((status = 'waiting') = (waiting_for is not null)),
  constraint running_has_a_lease check ((status = 'running') = (lease_expires_at is not null)),
  constraint ended_has_an_end check ((status in ('completed', 'failed', 'cancelled')) = (finished_at is not null))
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);
select protect_tenant_table('tasks');

-- Two agents in one workspace would undo each other's work.
create unique index one_admitted_task_per_lane on tasks (org_id, lane)
  where lane is not null and status in ('scheduled', 'pending', 'running', 'waiting');
create index tasks_next_in_lane on tasks (org_id, lane, place) where status = 'queued';
-- Claim order inside one (type, org, agent); the leading columns allow a loose index scan over the groups.
create index tasks_to_claim on tasks (worker_type, org_id, agent, priority, place) where status = 'pending';
create index tasks_due on tasks (run_at) where status = 'scheduled' or (status = 'waiting' and waiting_for = 'limit');
create index tasks_running on tasks (org_id, agent) where status = 'running';
create index tasks_waiting_for_children on tasks (id) where status = 'waiting' and waiting_for = 'children';
create index tasks_children on tasks (parent_id) where parent_id is not null;
create index tasks_of_org_by_status on tasks (org_id, status, id);
create index tasks_of_org_by_agent on tasks (org_id, agent, id);
create index tasks_of_conversation on tasks (conversation_id, id);
create index tasks_of_codebase on tasks (codebase_id, id) where codebase_id is not null;

-- What happened in a task. Append-only; numbered without gaps within a task.
create table task_events (
  task_id text not null,
  seq     bigint not null,
  org_id  text not null,
  attempt int not null,
  type    text not null,
  data    jsonb not null,
  at      timestamptz not null default clock_timestamp(),
  primary key (task_id, seq),
  foreign key (org_id, task_id) references tasks (org_id, id) on delete cascade
) with (autovacuum_vacuum_insert_scale_factor = 0.05);
select protect_tenant_table('task_events');
-- Append-only is not a habit but a right that nobody has.
revoke update, delete on task_events from drover_app, drover_system;

create table artifacts (
  id         text primary key check (id like 'art\_%'),
  org_id     text not null references orgs,
  task_id    text not null,
  kind       text not null,
  name       text not null,
  media_type text not null default 'text/plain',
  content    bytea not null,
  created_at timestamptz not null default now(),
  foreign key (org_id, task_id) references tasks (org_id, id) on delete cascade
);
select protect_tenant_table('artifacts');
create index on artifacts (task_id);

-- What a run cost, in the same commit as its result.
create table usage (
  org_id             text not null references orgs,
  task_id            text not null,
  attempt            int not null,
  agent              text not null,
  conversation_id    text,
  codebase_id        text,
  input_tokens       bigint not null,
  output_tokens      bigint not null,
  cache_read_tokens  bigint not null,
  cache_write_tokens bigint not null,
  reasoning_tokens   bigint not null,
  -- Null where nobody said: unknown is not nothing.
  usd                numeric(12, 6),
  basis              text not null check (basis in ('agent', 'priced', 'unknown')),
  created_at         timestamptz not null default now(),
  -- A run is paid for once, however often its end is written.
  primary key (task_id, attempt),
  foreign key (org_id, task_id) references tasks (org_id, id) on delete cascade
);
select protect_tenant_table('usage');

----------------------------------------------------------------------------------------------------------------------
-- A task's life: admission, log, wake-up

-- All of these are plpgsql, also where one SQL statement would do: PostgreSQL plans the statements of an SQL function in
-- every transaction anew, those of a plpgsql function once a connection.

-- Held to the end of the transaction. Needs READ COMMITTED: an older snapshot would not see who holds the lane.
create function lock_lane(p_org text, p_lane text) returns void language plpgsql as $$
begin
  if p_lane is not null then perform pg_advisory_xact_lock(hashtextextended(p_org || '/' || p_lane, 1)); end if;
end $$;

create function lane_is_busy(p_org text, p_lane text) returns boolean language plpgsql stable as $$
begin
  return exists (select from tasks where org_id = p_org and lane = p_lane and status in ('scheduled', 'pending', 'running', 'waiting'));
end $$;

-- Whatever status an insert names, the lane and the time decide.
create function admit_new_task() returns trigger language plpgsql as $$
begin
  if new.parent_id is not null and new.lane is not null
     and exists (select from tasks where id = new.parent_id and lane = new.lane) then
    raise exception 'a child in its parent''s lane would wait for the parent, which waits for it'
      using errcode = 'check_violation', constraint = 'child_has_its_own_lane';
  end if;
  perform lock_lane(new.org_id, new.lane);
  new.place := nextval('task_places');
  if new.worker_type = 'general' then
    new.worker_type := coalesce((select worker_type from agent_worker_types where agent = new.agent), 'general');
  end if;
  new.last_event := 1;
  new.status := case
    when new.lane is not null and lane_is_busy(new.org_id, new.lane) then 'queued'
    when new.run_at > now() then 'scheduled'
    else 'pending' end;
  return new;
end $$;
create trigger admit before insert on tasks for each row execute function admit_new_task();

-- Every change of state is an event, whoever makes it: the log cannot be forgotten.
create function log_new_task() returns trigger language plpgsql as $$
begin
  insert into task_events (task_id, seq, org_id, attempt, type, data)
  values (new.id, 1, new.org_id, 0, 'state', jsonb_build_object('to', new.status));
  if new.status = 'pending' then perform tell('drover_wake', new.worker_type); end if;
  return null;
end $$;
create trigger log_insert after insert on tasks for each row execute function log_new_task();

create function log_state_change() returns trigger language plpgsql as $$
begin
  new.last_event := old.last_event + 1;
  insert into task_events (task_id, seq, org_id, attempt, type, data)
  values (new.id, new.last_event, new.org_id, new.attempt, 'state', jsonb_strip_nulls(jsonb_build_object(
    'from', old.status, 'to', new.status, 'waitingFor', new.waiting_for,
    'runAt', case when new.status = 'scheduled' or new.waiting_for = 'limit' then new.run_at end,
    'failure', case when new.failure is distinct from old.failure then new.failure end)));
  if new.status = 'pending' then perform tell('drover_wake', new.worker_type); end if;
  perform tell('drover_events', new.id);
  return new;
end $$;
create trigger log_update before update of status on tasks for each row
  when (new.status is distinct from old.status) execute function log_state_change();

----------------------------------------------------------------------------------------------------------------------
-- Taking work

-- Exact limits need one claimer at a time, hence the advisory lock; it is held for a millisecond.
-- Cost grows with the (org, agent) groups that have waiting work, not with the waiting rows: the recursive part jumps
-- from group to group in the index. Measured against scanning the head of the index (docs/benchmarks.md): that walks all
-- dead entries of a draining queue, and all rows of a saturated org.
-- Planned once a session: planning takes twice as long as running it.
create function claim_tasks(p_type text, p_worker text, p_count int, p_lease_seconds int) returns setof tasks language plpgsql
set plan_cache_mode = force_generic_plan as $$
declare first record;
begin
  update tasks set status = 'pending', waiting_for = null where id in (
    select id from tasks where (status = 'scheduled' or (status = 'waiting' and waiting_for = 'limit')) and run_at <= now()
    order by run_at limit 500 for update skip locked);
  -- A look before the lock: a NOTIFY wakes every idle worker, and only the first will find anything.
  -- What it finds also seeds the walk, so that the dead entries at the head of the index are passed once.
  select t.org_id, t.agent, t.priority, t.place into first from tasks t
   where t.status = 'pending' and t.worker_type = p_type order by t.org_id, t.agent, t.priority, t.place limit 1;
  if not found then return; end if;
  perform pg_advisory_xact_lock(7231002);
  return query
  with recursive heads as (
    select first.org_id, first.agent, first.priority, first.place
    union all
    select next.* from heads h, lateral (
      select t.org_id, t.agent, t.priority, t.place from tasks t
       where t.status = 'pending' and t.worker_type = p_type and (t.org_id, t.agent) > (h.org_id, h.agent)
       order by t.org_id, t.agent, t.priority, t.place limit 1) next),
  running_of_org as (select t.org_id, count(*) as n from tasks t where t.status = 'running' group by 1),
  running_of_agent as (select t.agent, count(*) as n from tasks t where t.status = 'running' group by 1),
  -- `offset 0`: else the limits are looked up once for the comparison and once more for the row.
  groups as (
    select h.*, limit_of('org', h.org_id) - coalesce(o.n, 0) as org_room, limit_of('agent', h.agent) - coalesce(a.n, 0) as agent_room
      from heads h left join running_of_org o using (org_id) left join running_of_agent a using (agent) offset 0),
  -- The best n tasks lie in the n best groups.
  best_groups as (select * from groups where least(org_room, agent_room) > 0 order by priority, place limit p_count),
  candidates as (
    select c.id, c.priority, c.place, g.org_id, g.agent, g.org_room, g.agent_room
      from best_groups g, lateral (
        select t.id, t.priority, t.place from tasks t
         where t.status = 'pending' and t.worker_type = p_type and t.org_id = g.org_id and t.agent = g.agent
           and (t.priority, t.place) >= (g.priority, g.place)
         order by t.priority, t.place limit least(p_count, g.org_room, g.agent_room)) c),
  ranked as (
    select c.*, row_number() over (partition by c.org_id order by c.priority, c.place) as org_rank,
                row_number() over (partition by c.agent order by c.priority, c.place) as agent_rank from candidates c),
  picked as (select id from ranked where org_rank <= org_room and agent_rank <= agent_room order by priority, place limit p_count),
  -- By id alone: with the status in this condition, a plan made for few rows walks all that wait to find these.
  locked as (select t.id, t.status from tasks t where t.id = any (array(select p.id from picked p)) for update skip locked)
  update tasks t set status = 'running', attempt = t.attempt + 1, worker_id = p_worker,
         lease_expires_at = now() + make_interval(secs => p_lease_seconds), started_at = coalesce(t.started_at, now())
    from locked where t.id = locked.id and locked.status = 'pending' returning t.*;
end $$;

create function limit_of(p_scope text, p_key text) returns int language plpgsql stable as $$
begin
  if p_scope = 'agent' and exists (select from agent_pauses where agent = p_key and until > now()) then return 0; end if;
  return coalesce((select max_running from limits where scope = p_scope and key = p_key),
                  (select max_running from limits where scope = p_scope and key = '*'), 1000000);
end $$;

-- Renews all leases of a worker in one statement, and tells it in the same trip what was cancelled.
-- A task that it holds and that is not among the answers is no longer its own.
create function heartbeat_tasks(p_worker text, p_lease_seconds int)
returns table (id text, attempt int, cancel_requested boolean) language plpgsql as $$
begin
  return query update tasks t set lease_expires_at = now() + make_interval(secs => p_lease_seconds)
   where t.status = 'running' and t.worker_id = p_worker returning t.id, t.attempt, t.cancel_requested;
end $$;

----------------------------------------------------------------------------------------------------------------------
-- Leaving the state `running`. Each returns the new state, or null when the fence refuses: somebody else holds the task.

-- For who holds the lane's lock and has seen that the lane is free.
create function open_lane(p_org text, p_lane text) returns void language plpgsql as $$
begin
  update tasks set status = case when run_at > now() then 'scheduled' else 'pending' end
   where id = (select id from tasks where org_id = p_org and lane = p_lane and status = 'queued' order by place limit 1);
end $$;

create function has_open_children(p_id text) returns boolean language plpgsql stable as $$
begin
  return exists (select from tasks where parent_id = p_id and status not in ('completed', 'failed', 'cancelled'));
end $$;

-- The row lock makes two last children one after the other; the second then sees that the first has ended.
-- A parent that is not waiting yet is not locked: it looks for itself when it begins to wait, and reap_task looks again.
create function tell_parent(p_parent text) returns void language plpgsql as $$
begin
  perform from tasks where id = p_parent and status = 'waiting' and waiting_for = 'children' for no key update;
  if found and not has_open_children(p_parent) then
    update tasks set status = 'pending', waiting_for = null where id = p_parent and status = 'waiting' and waiting_for = 'children';
  end if;
end $$;

-- The task's row, locked, if the run still holds it; else null. Lane first, also where a run writes more than its state:
-- a cancel holds the lane and waits for the row, so who held the row and then waited for the lane would wait for ever.
create type held_task as (
  id text, org_id text, lane text, parent_id text, failures int, max_attempts int, cancel_requested boolean, lease_expires_at timestamptz);

create function hold_fence(p_id text, p_attempt int) returns held_task language plpgsql as $$
declare t held_task;
begin
  select org_id, lane into t.org_id, t.lane from tasks where id = p_id;
  perform lock_lane(t.org_id, t.lane);
  -- `no key`: what only points at this row (a child, an event) need not wait.
  select id, org_id, lane, parent_id, failures, max_attempts, cancel_requested, lease_expires_at into t from tasks
   where id = p_id and status = 'running' and attempt = p_attempt for no key update;
  return t;
end $$;

create function leave_running(
  p_id text, p_attempt int, p_status text, p_result jsonb default null, p_failure jsonb default null,
  p_run_at timestamptz default null, p_waiting_for text default null, p_counts boolean default false,
  p_only_if_expired boolean default false) returns text language plpgsql as $$
declare t held_task := hold_fence(p_id, p_attempt); v_ended boolean := p_status in ('completed', 'failed', 'cancelled');
begin
  if t.id is null or (p_only_if_expired and t.lease_expires_at >= now()) then return null; end if;
  if t.cancel_requested and not v_ended then
    -- The cancel came too late for this run. There is to be no other, nor a wait for one.
    p_status := 'cancelled'; p_failure := null; p_counts := false;
  elsif p_counts and t.failures + 1 >= t.max_attempts then
    p_status := 'failed';
  end if;
  v_ended := p_status in ('completed', 'failed', 'cancelled');
  update tasks set
    failures = failures + p_counts::int, status = p_status,
    waiting_for = case when not v_ended then p_waiting_for end,
    run_at = coalesce(p_run_at, run_at), result = coalesce(p_result, result),
    -- A new question is not answered by the answer to the last one.
    input = case when p_waiting_for = 'input' then input - 'answer' else input end,
    -- What went wrong before stays only with an end that is not good.
    failure = case when p_status in ('failed', 'cancelled') then coalesce(p_failure, failure) else p_failure end,
    worker_id = null, lease_expires_at = null,
    finished_at = case when v_ended then now() end
   where id = p_id;
  if v_ended then
    -- The lane was ours alone.
    if t.lane is not null then perform open_lane(t.org_id, t.lane); end if;
    if t.parent_id is not null then perform tell_parent(t.parent_id); end if;
  end if;
  return p_status;
end $$;

create function settle_task(p_id text, p_attempt int, p_status text, p_result jsonb, p_failure jsonb) returns text language plpgsql as $$
begin
  return leave_running(p_id, p_attempt, p_status, p_result, p_failure);
end $$;

-- `p_counts`: whether this run counts as a failure; the one that reaches max_attempts ends the task.
create function retry_task_later(p_id text, p_attempt int, p_failure jsonb, p_delay_ms bigint, p_counts boolean) returns text language plpgsql as $$
begin
  return leave_running(p_id, p_attempt, case when p_delay_ms > 0 then 'scheduled' else 'pending' end, null, p_failure,
                       now() + p_delay_ms * interval '1 millisecond', null, p_counts);
end $$;

-- A task that waits keeps its lane and frees its worker and its place under the limits.
create function park_task(p_id text, p_attempt int, p_waiting_for text, p_until timestamptz, p_failure jsonb) returns text language plpgsql as $$
declare v_status text := leave_running(p_id, p_attempt, 'waiting', null, p_failure, p_until, p_waiting_for);
begin
  if v_status = 'waiting' and p_waiting_for = 'children' then perform tell_parent(p_id); end if;
  return v_status;
end $$;

-- An answer, from anywhere: the task goes on where its checkpoint says, with the answer in its input.
create function answer_task(p_id text, p_answer jsonb) returns text language sql as $$
  update tasks set status = 'pending', waiting_for = null, input = input || jsonb_build_object('answer', p_answer)
   where id = p_id and status = 'waiting' and waiting_for = 'input' returning status
$$;

----------------------------------------------------------------------------------------------------------------------
-- What does not come from a run

-- At once where nothing runs; where something does, its worker hears of it and settles. Null: nothing to cancel.
create function cancel_task(p_id text) returns text language plpgsql as $$
declare t record; v_status text;
begin
  select org_id, lane, parent_id into t from tasks where id = p_id;
  perform lock_lane(t.org_id, t.lane);
  update tasks set cancel_requested = true,
         status = case when status = 'running' then 'running' else 'cancelled' end,
         waiting_for = null,
         finished_at = case when status = 'running' then null else now() end
   where id = p_id and status in ('queued', 'scheduled', 'pending', 'waiting', 'running') returning status into v_status;
  if v_status = 'running' then
    perform tell('drover_cancel', p_id);
  elsif v_status = 'cancelled' then
    -- Where it only stood in line, another one has the lane.
    if t.lane is not null and not lane_is_busy(t.org_id, t.lane) then perform open_lane(t.org_id, t.lane); end if;
    if t.parent_id is not null then perform tell_parent(t.parent_id); end if;
  end if;
  return v_status;
end $$;

-- By a person, after an end that was not good: to the end of its lane, with all its attempts again.
create function requeue_task(p_id text, p_prompt text) returns text language plpgsql as $$
declare t record; v_status text;
begin
  select org_id, lane into t from tasks where id = p_id;
  perform lock_lane(t.org_id, t.lane);
  update tasks set
    status = case when t.lane is not null and lane_is_busy(t.org_id, t.lane) then 'queued' else 'pending' end,
    place = nextval('task_places'), run_at = now(), failures = 0, cancel_requested = false, finished_at = null,
    result = null, failure = null, prompt = coalesce(p_prompt, prompt),
    -- Another prompt is other work: it does not go on where the old one stopped.
    checkpoint = case when p_prompt is null then checkpoint else '{}' end
   where id = p_id and status in ('failed', 'cancelled') returning status into v_status;
  return v_status;
end $$;

-- One task a call, so that a transaction never holds two lanes. Returns what it did, or nothing when there is nothing to do;
-- `became` is null when another was quicker. Any process may call it.
create function reap_task() returns table (task_id text, attempt int, became text) language plpgsql as $$
declare t record;
begin
  select tasks.id, tasks.attempt into t from tasks
   where tasks.status = 'running' and tasks.lease_expires_at < now() order by tasks.lease_expires_at limit 1;
  if found then
    return query select t.id, t.attempt, leave_running(t.id, t.attempt, 'pending', null,
      jsonb_build_object('class', 'crashed', 'message', 'The worker was lost in the middle of the work.'), null, null, true, true);
    return;
  end if;
  -- A child may have ended in the very moment in which its parent began to wait.
  for t in select p.id, p.attempt from tasks p where p.status = 'waiting' and p.waiting_for = 'children' and not has_open_children(p.id) limit 1 loop
    perform tell_parent(t.id);
    return query select t.id, t.attempt, 'pending';
  end loop;
end $$;

-- Appends under the fence and hands out the numbers: the row's lock makes two writers one after the other.
-- Returns the last number, or null when the run no longer holds the task.
create function append_events(p_id text, p_attempt int, p_types text[], p_data jsonb[]) returns bigint language plpgsql as $$
declare v_last bigint; v_org text;
begin
  update tasks set last_event = last_event + cardinality(p_types)
   where id = p_id and status = 'running' and attempt = p_attempt returning last_event, org_id into v_last, v_org;
  if not found then return null; end if;
  insert into task_events (task_id, seq, org_id, attempt, type, data)
  select p_id, v_last - cardinality(p_types) + e.n, v_org, p_attempt, e.type, e.data
    from unnest(p_types, p_data) with ordinality as e (type, data, n);
  perform tell('drover_events', p_id);
  return v_last;
end $$;

-- Functions may be called by everybody unless said otherwise; what moves a run belongs to the stages.
revoke execute on all functions in schema drover from public;
grant execute on all functions in schema drover to drover_system;
grant execute on function tell, lock_lane, lane_is_busy, open_lane, has_open_children, tell_parent, admit_new_task, log_new_task,
  log_state_change, answer_task, cancel_task, requeue_task to drover_app;
