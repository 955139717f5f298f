-- What models cost, call by call, and how much of it people allow. A budget's day is a day in UTC.

-- One call of a model that went through the gateway. Written while the run goes on: a budget can stop it in its middle.
create table model_calls (
  id                 text primary key check (id like 'mcl\_%'),
  org_id             text not null references orgs,
  task_id            text not null,
  attempt            int not null,
  -- The task's own, as in `usage`: a sum over many calls looks at no task.
  agent              text not null,
  conversation_id    text,
  codebase_id        text,
  vendor             text not null,
  model              text not null,
  input_tokens       bigint not null,
  output_tokens      bigint not null,
  cache_read_tokens  bigint not null,
  cache_write_tokens bigint not null,
  reasoning_tokens   bigint not null,
  -- Null where no price is known. A call may cost less than the millionth of a dollar that a run is rounded to.
  usd                numeric(16, 10),
  at                 timestamptz not null default now(),
  foreign key (org_id, task_id) references tasks (org_id, id) on delete cascade
) with (autovacuum_vacuum_insert_scale_factor = 0.05);
select protect_tenant_table('model_calls');
create index on model_calls (task_id, attempt);
create index on model_calls (org_id, at);
create index on model_calls (conversation_id, at) where conversation_id is not null;

-- Metered: the row is the sum of calls. Whoever adds up takes all calls, and of the runs only those that were not metered:
-- so a call counts as soon as it is there, also of a run that is lost or late, and nothing counts twice.
alter table usage add metered boolean not null default false;
create index usage_not_metered on usage (org_id, created_at) where not metered;

-- Here and not in the code that writes the row: what the gateway saw is what a run cost, whatever its agent says. The calls
-- of runs before it that were lost, and so have no row of their own, are in it: what they bought is what this run goes on with.
create function meter_run() returns trigger language plpgsql as $$
declare s record;
begin
  select count(*) as calls, count(*) filter (where c.usd is null) as unpriced, coalesce(sum(c.usd), 0) as usd,
         coalesce(sum(c.input_tokens), 0) as input, coalesce(sum(c.output_tokens), 0) as output, coalesce(sum(c.cache_read_tokens), 0) as cache_read,
         coalesce(sum(c.cache_write_tokens), 0) as cache_write, coalesce(sum(c.reasoning_tokens), 0) as reasoning
    into s from model_calls c
   where c.task_id = new.task_id and c.attempt <= new.attempt
     and c.attempt > coalesce((select max(u.attempt) from usage u where u.task_id = new.task_id and u.attempt < new.attempt), 0);
  if s.calls > 0 or new.metered then
    new.metered := true;
    new.usd := case when s.unpriced = 0 then s.usd end;
    new.basis := case when s.unpriced = 0 then 'priced' else 'unknown' end;
    new.input_tokens := s.input;
    new.output_tokens := s.output;
    new.cache_read_tokens := s.cache_read;
    new.cache_write_tokens := s.cache_write;
    new.reasoning_tokens := s.reasoning;
  end if;
  return new;
end $$;
create trigger meter before insert on usage for each row execute function meter_run();

create table budgets (
  id               text primary key check (id like 'bud\_%'),
  org_id           text not null references orgs,
  scope            text not null check (scope in ('org', 'conversation', 'codebase', 'agent', 'task')),
  -- An id, or an agent's name.
  key              text,
  period           text not null check (period in ('total', 'day')),
  max_usd          numeric(12, 6) check (max_usd > 0),
  max_calls        int check (max_calls > 0),
  max_tokens       bigint check (max_tokens > 0),
  created_at       timestamptz not null default now(),
  -- What was spent before `counted_until`, in its period: every call asks, and nobody adds up the same rows each time.
  counted_until    timestamptz not null default '-infinity',
  counted_calls    bigint not null default 0,
  counted_tokens   bigint not null default 0,
  counted_usd      numeric,
  counted_unpriced bigint not null default 0,
  constraint all_but_the_org_have_a_key check ((scope = 'org') = (key is null)),
  -- A name instead of an id would be a budget that nothing touches.
  constraint key_is_of_its_scope check (case scope
    when 'task' then key like 'tsk\_%' when 'conversation' then key like 'cnv\_%' when 'codebase' then key like 'cbs\_%' else true end),
  constraint something_is_limited check (num_nonnulls(max_usd, max_calls, max_tokens) > 0),
  -- Two for the same would contradict each other.
  constraint one_budget_for_each unique nulls not distinct (org_id, scope, key, period)
);
select protect_tenant_table('budgets');

-- What was spent of a budget in its period before a time: what was counted of it, and what has come since.
-- One branch for each index that can serve; the scope is looked at before a branch begins.
create function spent_of(b budgets, p_until timestamptz default 'infinity')
returns table (calls bigint, tokens bigint, usd numeric, unpriced bigint) language plpgsql stable as $$
declare
  v_begin timestamptz := case b.period when 'day' then date_trunc('day', now(), 'UTC') else '-infinity' end;
  v_since timestamptz := greatest(b.counted_until, v_begin);
begin
  return query
  with single as not materialized (
    select c.*, 1 as calls, c.input_tokens + c.output_tokens + c.cache_read_tokens + c.cache_write_tokens as tokens, (c.usd is null)::int as unpriced
      from model_calls c where c.org_id = b.org_id and c.at >= v_since and c.at < p_until),
  runs as not materialized (
    select u.*, 0 as calls, u.input_tokens + u.output_tokens + u.cache_read_tokens + u.cache_write_tokens as tokens, (u.usd is null)::int as unpriced
      from usage u where u.org_id = b.org_id and not u.metered and u.created_at >= v_since and u.created_at < p_until),
  paid as (
    select s.calls, s.tokens, s.usd, s.unpriced from single s where b.scope = 'task' and s.task_id = b.key
    union all
    select s.calls, s.tokens, s.usd, s.unpriced from single s where b.scope = 'conversation' and s.conversation_id = b.key
    union all
    select s.calls, s.tokens, s.usd, s.unpriced from single s
     where b.scope in ('org', 'agent', 'codebase') and case b.scope when 'agent' then s.agent when 'codebase' then s.codebase_id end is not distinct from b.key
    union all
    select r.calls, r.tokens, r.usd, r.unpriced from runs r where b.scope = 'task' and r.task_id = b.key
    union all
    select r.calls, r.tokens, r.usd, r.unpriced from runs r
     where b.scope <> 'task'
       and case b.scope when 'conversation' then r.conversation_id when 'agent' then r.agent when 'codebase' then r.codebase_id end is not distinct from b.key
    union all
    -- What was counted yesterday is not of this day.
    select b.counted_calls, b.counted_tokens, b.counted_usd, b.counted_unpriced where b.counted_until >= v_begin)
  select coalesce(sum(p.calls), 0)::bigint, coalesce(sum(p.tokens), 0)::bigint, sum(p.usd), coalesce(sum(p.unpriced), 0)::bigint from paid p;
end $$;

-- When an org last made room: what a run that was refused meanwhile looks at before it begins to wait.
create table budget_raises (
  org_id text primary key references orgs,
  at     timestamptz not null
);
select protect_tenant_table('budget_raises');

-- The row is there before anything can be refused: the functions below meet at its lock.
create function note_first_budget() returns trigger language plpgsql as $$
begin
  insert into budget_raises (org_id, at) values (new.org_id, '-infinity') on conflict (org_id) do nothing;
  return null;
end $$;
create trigger made after insert on budgets for each row execute function note_first_budget();

-- Who raises or removes a budget brings forward what waits for one. A function of the database, because that belongs to
-- every such change, whoever makes it. Only the time is moved: claim_tasks() takes what is due, and what has no room even
-- now is parked again by the run that is refused. So it need not be known here which budget a task waits for.
create function go_on_within_budget() returns trigger language plpgsql as $$
declare v_type text;
begin
  -- First, and as a lock: who is about to wait (below) is either seen by the next statement or sees what this one writes.
  update budget_raises set at = clock_timestamp() where org_id = old.org_id;
  for v_type in
    with moved as (
      update tasks set run_at = now() where org_id = old.org_id and status = 'waiting' and waiting_for = 'limit'
         and failure ->> 'class' = 'budget' and run_at > now() returning worker_type)
    select distinct worker_type from moved
  loop
    perform tell('drover_wake', v_type);
  end loop;
  return null;
end $$;
create trigger removed after delete on budgets for each row execute function go_on_within_budget();
-- No limit is the highest.
create trigger raised after update on budgets for each row
  when (old.max_usd < coalesce(new.max_usd, 'infinity') or old.max_calls < coalesce(new.max_calls, 'infinity'::float8)
        or old.max_tokens < coalesce(new.max_tokens, 'infinity'::float8))
  execute function go_on_within_budget();

-- A run that was refused takes a while to end. A budget that was raised since it was claimed may be the one: it looks again.
-- Not more than once for each time that somebody makes room, so that nothing goes round in a circle.
create function look_for_raised_budget() returns trigger language plpgsql as $$
declare v_raised timestamptz; v_claimed timestamptz;
begin
  select at into v_raised from budget_raises where org_id = new.org_id for share;
  select e.at into v_claimed from task_events e
   where e.task_id = new.id and e.attempt = new.attempt and e.type = 'state' and e.data ->> 'to' = 'running' order by e.seq desc limit 1;
  if v_raised > v_claimed then
    new.run_at := now();
    perform tell('drover_wake', new.worker_type);
  end if;
  return new;
end $$;
-- By its name before `log_update`, which writes down until when the task waits.
create trigger budget_was_raised before update of status on tasks for each row
  when (new.status = 'waiting' and new.waiting_for = 'limit' and new.failure ->> 'class' = 'budget')
  execute function look_for_raised_budget();

revoke execute on function meter_run, spent_of, note_first_budget, go_on_within_budget, look_for_raised_budget from public;
grant execute on function spent_of to drover_app, drover_system;
