-- Programs that are told what becomes of tasks, and programs that start some.

-- An address that is posted to. Address and secret are sealed in channel_credentials, with the id as the tenant; the address is
-- here as well, for people.
create table webhook_subscriptions (
  id           text primary key check (id like 'whs\_%'),
  org_id       text not null references orgs,
  -- What is sent there goes out in its order, and waits where it is refused.
  place_id     text not null,
  url          text not null,
  events       text[] not null check (cardinality(events) > 0),
  -- Told of this task alone; null: of all of the org's.
  task_id      text,
  created_at   timestamptz not null default now(),
  disabled_at  timestamptz,
  disabled_why text,
  foreign key (org_id, place_id) references places (org_id, id),
  foreign key (org_id, task_id) references tasks (org_id, id) on delete cascade,
  constraint disabled_has_a_reason check ((disabled_at is null) = (disabled_why is null))
);
select protect_tenant_table('webhook_subscriptions');
create index webhook_subscriptions_of_org on webhook_subscriptions (org_id) where task_id is null;
create index webhook_subscriptions_of_task on webhook_subscriptions (task_id) where task_id is not null;

-- What programs post to us becomes a message for an agent. The secret is sealed in channel_credentials, with the id as the tenant.
create table hooks (
  id                    text primary key check (id like 'hok\_%'),
  org_id                text not null references orgs,
  name                  text not null,
  -- How it is signed: as Standard Webhooks has it, or by GitHub's X-Hub-Signature-256.
  scheme                text not null check (scheme in ('standard', 'github')),
  codebase_id           text not null,
  agent                 text,
  -- The message, with paths into the JSON that is posted.
  template              text not null,
  -- What belongs to one conversation; null: each post has its own.
  conversation_template text,
  created_at            timestamptz not null default now(),
  removed_at            timestamptz,
  foreign key (org_id, codebase_id) references codebases (org_id, id)
);
select protect_tenant_table('hooks');
create unique index one_hook_of_a_name on hooks (org_id, name) where removed_at is null;

alter table deliveries drop constraint deliveries_kind_check;
alter table deliveries add constraint deliveries_kind_check check (kind in ('text', 'card', 'answer', 'question', 'webhook'));

-- Whatever moves a task: its subscribers are told in the same commit.
create function notify_subscribers() returns trigger language plpgsql as $$
declare v_event text;
begin
  if tg_op = 'INSERT' then
    v_event := 'created';
  elsif new.status = old.status then
    return null;
  elsif new.status = 'running' then
    -- The first time only.
    if old.started_at is null then v_event := 'started'; end if;
  elsif new.status in ('waiting', 'completed', 'failed', 'cancelled') then
    v_event := new.status;
  end if;
  if v_event is null then return null; end if;
  insert into deliveries (id, org_id, place_id, channel, task_id, kind, status, content)
  select 'dlv_' || lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || substr(md5(random()::text || s.id), 1, 14),
         s.org_id, s.place_id, 'webhook', new.id, 'webhook', 'pending',
         jsonb_build_object('type', 'task.' || v_event, 'at', clock_timestamp())
    from webhook_subscriptions s
   where s.org_id = new.org_id and (s.task_id is null or s.task_id = new.id)
     and s.disabled_at is null and 'task.' || v_event = any (s.events);
  return null;
end $$;
create trigger notify after insert or update of status on tasks for each row execute function notify_subscribers();

revoke execute on function notify_subscribers from public;
grant execute on function notify_subscribers to drover_app, drover_system;
