-- People on their platforms: who they are, where they speak, what they said, what they are asked and what they are shown.
-- The stages meet here: a channel writes `inbox`, inbound makes tasks and deliveries of it, outbound empties `deliveries`.

create table members (
  id         text primary key check (id like 'mem\_%'),
  org_id     text not null references orgs,
  name       text not null,
  role       text not null check (role in ('owner', 'admin', 'member')),
  created_at timestamptz not null default now(),
  removed_at timestamptz,
  unique (org_id, id)
);
select protect_tenant_table('members');

-- A configured connection to a platform. Its settings are the process's; here is what must outlive it.
create table channels (
  name       text primary key check (name ~ '^[a-z][a-z0-9-]*$'),
  org_id     text not null references orgs,
  kind       text not null,
  is_up      boolean not null default false,
  -- What is wrong, for people; null where nothing is known to be.
  reason     text,
  changed_at timestamptz not null default now(),
  -- After our credentials were refused nothing is sent before this time.
  paused_until timestamptz,
  -- Where catching up goes on.
  cursor     jsonb,
  unique (org_id, name)
);
select protect_tenant_table('channels');

-- Credentials of the workspaces that installed a channel's app, sealed with a key that the database does not have.
create table channel_credentials (
  channel    text not null,
  tenant     text not null,
  org_id     text not null references orgs,
  sealed     bytea not null,
  created_at timestamptz not null default now(),
  primary key (channel, tenant),
  foreign key (org_id, channel) references channels (org_id, name)
);
select protect_tenant_table('channel_credentials');

-- A platform account that is a member's.
create table identities (
  channel    text not null,
  tenant     text not null,
  actor      text not null,
  org_id     text not null references orgs,
  member_id  text not null,
  -- `settings`: as long as the allow-list in the settings names it; `granted`: until a person takes it back.
  source     text not null check (source in ('settings', 'granted')),
  created_at timestamptz not null default now(),
  primary key (channel, tenant, actor),
  foreign key (org_id, member_id) references members (org_id, id),
  foreign key (org_id, channel) references channels (org_id, name)
);
select protect_tenant_table('identities');

create table places (
  id         text primary key check (id like 'plc\_%'),
  org_id     text not null references orgs,
  channel    text not null,
  tenant     text not null,
  room       text not null,
  thread     text not null,
  created_at timestamptz not null default now(),
  -- The lane of what is sent here: who sends holds it until this time, and by this number.
  busy_until timestamptz,
  turn       bigint not null default 0,
  -- The platform's pace, and what it asked us to wait.
  ready_at   timestamptz not null default now(),
  unique (org_id, id),
  foreign key (org_id, channel) references channels (org_id, name)
) with (fillfactor = 80);
select protect_tenant_table('places');
create unique index one_row_per_place on places (channel, tenant, room, thread);

-- What is said in a place belongs to its current conversation; what comes of earlier ones is still shown there.
create table place_conversations (
  place_id        text not null,
  conversation_id text not null,
  org_id          text not null references orgs,
  is_current      boolean not null,
  since           timestamptz not null default now(),
  primary key (place_id, conversation_id),
  foreign key (org_id, place_id) references places (org_id, id),
  foreign key (org_id, conversation_id) references conversations (org_id, id)
);
select protect_tenant_table('place_conversations');
create unique index one_current_conversation_per_place on place_conversations (place_id) where is_current;
create index on place_conversations (conversation_id);

alter table conversations
  -- Within the repository; empty: its root.
  add cwd       text not null default '',
  -- What becomes of a message that comes while a task is open.
  add busy      text not null default 'queue' check (busy in ('queue', 'steer', 'interrupt', 'collect')),
  add verbosity text not null default 'normal' check (verbosity in ('quiet', 'normal', 'verbose'));

-- Who works on a codebase where nobody names one.
alter table codebases add agent text;

-- Prompt commands: files of the repository, by name.
create table codebase_commands (
  codebase_id text not null,
  name        text not null check (name ~ '^[a-z0-9][a-z0-9_-]*$'),
  org_id      text not null references orgs,
  path        text not null,
  description text not null default '',
  created_at  timestamptz not null default now(),
  primary key (codebase_id, name),
  foreign key (org_id, codebase_id) references codebases (org_id, id)
);
select protect_tenant_table('codebase_commands');

----------------------------------------------------------------------------------------------------------------------
-- What was said

create table inbox (
  id              text primary key check (id like 'inb\_%'),
  seq             bigint generated always as identity,
  org_id          text not null references orgs,
  channel         text not null,
  -- The content's own id on its platform: what is delivered again is not said again.
  key             text not null,
  -- The place, as text: what is said in one place is handled in order.
  lane            text not null,
  event           jsonb not null,
  link            text,
  status          text not null default 'new' check (status in ('new', 'done', 'parked')),
  tries           int not null default 0,
  run_at          timestamptz not null default now(),
  -- What became of it, for whoever asks why.
  verdict         text check (verdict in ('task', 'command', 'answer', 'dropped')),
  reason          text,
  task_id         text,
  conversation_id text,
  received_at     timestamptz not null default now(),
  handled_at      timestamptz,
  foreign key (org_id, channel) references channels (org_id, name),
  constraint handled_has_a_verdict check (status <> 'done' or verdict is not null)
);
select protect_tenant_table('inbox');
create unique index said_once on inbox (channel, key);
create index inbox_to_handle on inbox (lane, seq) where status = 'new';
create index inbox_by_link on inbox (org_id, link) where link is not null;
create index inbox_newest on inbox (org_id, seq);
-- What was said in a room, or elsewhere in its conversation.
create index inbox_of_lane on inbox (lane, seq);
create index inbox_of_conversation on inbox (conversation_id, seq) where conversation_id is not null;

create function tell_inbound() returns trigger language plpgsql as $$
begin
  perform tell('drover_inbox', new.channel);
  return null;
end $$;
create trigger wake after insert on inbox for each row execute function tell_inbound();

----------------------------------------------------------------------------------------------------------------------
-- What people are asked

create table questions (
  id              text primary key check (id like 'que\_%'),
  org_id          text not null references orgs,
  conversation_id text not null,
  -- The task that waits for it; none for an offer of Drover itself.
  task_id         text,
  kind            text not null check (kind in ('permission', 'question', 'offer')),
  title           text not null,
  choices         jsonb not null,
  free_text       boolean not null,
  -- What an offer leads to.
  action          jsonb,
  asked_at        timestamptz not null default now(),
  closed_at       timestamptz,
  answer          jsonb,
  answered_by     text,
  foreign key (org_id, conversation_id) references conversations (org_id, id),
  foreign key (org_id, task_id) references tasks (org_id, id) on delete cascade,
  constraint offer_or_task check ((kind = 'offer') = (task_id is null) and (kind = 'offer') = (action is not null)),
  constraint closed_has_an_answer check (answer is null or closed_at is not null)
);
select protect_tenant_table('questions');
create unique index one_open_question_per_task on questions (task_id) where closed_at is null and task_id is not null;
-- A "y" must not be able to mean two things.
create unique index one_open_offer_per_conversation on questions (conversation_id) where closed_at is null and kind = 'offer';
create index questions_of_conversation on questions (conversation_id, id);

----------------------------------------------------------------------------------------------------------------------
-- What people are shown

create table deliveries (
  id              text primary key check (id like 'dlv\_%'),
  seq             bigint generated always as identity,
  org_id          text not null references orgs,
  place_id        text not null,
  channel         text not null,
  conversation_id text,
  task_id         text,
  question_id     text,
  kind            text not null check (kind in ('text', 'card', 'answer', 'question')),
  -- Of a text: what it says. Of what lives: what it was made of so far.
  content         jsonb not null default '{}',
  -- `open`: lives, and is brought up to date; `pending`: to be brought into its last form; then it is `sent`.
  status          text not null check (status in ('open', 'pending', 'sent', 'dead', 'discarded')),
  -- The messages that show it, in order, and the text of each.
  message_ids     text[] not null default '{}',
  shown           text[] not null default '{}',
  -- The number of the newest event that it shows.
  shown_event     bigint not null default 0,
  tries           int not null default 0,
  run_at          timestamptz not null default now(),
  error           text,
  created_at      timestamptz not null default now(),
  ended_at        timestamptz,
  foreign key (org_id, place_id) references places (org_id, id),
  foreign key (org_id, task_id) references tasks (org_id, id) on delete cascade,
  foreign key (org_id, channel) references channels (org_id, name),
  constraint same_length check (cardinality(message_ids) = cardinality(shown))
) with (fillfactor = 80);
select protect_tenant_table('deliveries');
-- One status card and one answer a task and place: whatever happens, the outcome is said once.
create unique index one_live_card_and_answer on deliveries (task_id, place_id, kind)
  where kind in ('card', 'answer') and status in ('open', 'pending');
create unique index one_card_per_question_and_place on deliveries (question_id, place_id) where question_id is not null;
create index deliveries_to_send on deliveries (place_id, seq) where status = 'pending';
create index deliveries_of_place on deliveries (place_id, seq);
create index deliveries_open on deliveries (task_id) where status = 'open';
create index deliveries_dead on deliveries (org_id, seq) where status = 'dead';
create index deliveries_of_task on deliveries (task_id) where task_id is not null;
create index deliveries_of_conversation on deliveries (conversation_id, seq);

create function tell_outbound() returns trigger language plpgsql as $$
begin
  if new.status = 'pending' or tg_op = 'INSERT' then perform tell('drover_outbox', new.channel); end if;
  return null;
end $$;
create trigger wake after insert or update of status on deliveries for each row execute function tell_outbound();

-- For each place of a conversation. Ids as the program makes them: kind, time, chance.
create function deliver_to_places(p_conversation text, p_task text, p_question text, p_kind text, p_status text, p_content jsonb)
returns void language plpgsql as $$
begin
  insert into deliveries (id, org_id, place_id, channel, conversation_id, task_id, question_id, kind, status, content)
  select 'dlv_' || lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || substr(md5(random()::text || p.id), 1, 14),
         p.org_id, p.id, p.channel, p_conversation, p_task, p_question, p_kind, p_status, p_content
    from place_conversations pc join places p on p.id = pc.place_id
   where pc.conversation_id = p_conversation
  on conflict do nothing;
end $$;

-- Every end of a task is shown, whoever makes it: code that forgets cannot exist.
create function show_task() returns trigger language plpgsql as $$
declare v_verbosity text; v_ended boolean := new.status in ('completed', 'failed', 'cancelled');
begin
  if new.conversation_id is null or (tg_op = 'UPDATE' and new.status = old.status) then return null; end if;
  if tg_op = 'INSERT' or (old.status in ('failed', 'cancelled') and not v_ended) then
    select verbosity into v_verbosity from conversations where id = new.conversation_id;
    if v_verbosity <> 'quiet' then perform deliver_to_places(new.conversation_id, new.id, null, 'card', 'open', '{}'); end if;
  end if;
  if not v_ended then return null; end if;
  update deliveries set status = 'pending', run_at = least(run_at, now()) where task_id = new.id and status = 'open' and kind in ('card', 'answer');
  -- The card alone says that a task was cancelled; where there is none, something must.
  if new.status <> 'cancelled' or not exists (select from deliveries where task_id = new.id and kind = 'card' and status = 'pending') then
    perform deliver_to_places(new.conversation_id, new.id, null, 'answer', 'pending', '{}');
  end if;
  return null;
end $$;
create trigger show after insert or update of status on tasks for each row execute function show_task();

create function show_question() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    perform deliver_to_places(new.conversation_id, new.task_id, new.id, 'question', 'pending', '{}');
  elsif old.closed_at is null and new.closed_at is not null then
    -- All copies lose their buttons. One that was never sent need not be any more, unless it says something new.
    update deliveries set status = 'pending', run_at = least(run_at, now()) where question_id = new.id and status = 'sent';
  end if;
  return null;
end $$;
create trigger show after insert or update of closed_at on questions for each row execute function show_question();

-- However a task stops waiting (an answer from anywhere, a cancel): its question is closed.
create function close_question() returns trigger language plpgsql as $$
begin
  update questions set closed_at = now(), answer = case when new.status = 'pending' then new.input->'answer' end
   where task_id = new.id and closed_at is null;
  return null;
end $$;
create trigger close_question after update of status on tasks for each row
  when (old.status = 'waiting' and new.status <> 'waiting') execute function close_question();

-- What people say to an agent in the middle of its turn. What it was not told by its end becomes a task of its own.
create table task_steers (
  seq        bigint generated always as identity primary key,
  org_id     text not null references orgs,
  task_id    text not null,
  text       text not null,
  created_by text,
  created_at timestamptz not null default now(),
  told_at    timestamptz,
  foreign key (org_id, task_id) references tasks (org_id, id) on delete cascade
);
select protect_tenant_table('task_steers');
create index task_steers_untold on task_steers (task_id, seq) where told_at is null;

-- The next thing to send in any place of these channels, and the right to send there, by the place's new turn number.
-- What has to come into its last form goes out in the order of a place; what lives is brought up to date in between.
create function claim_delivery(p_channels text[], p_lease_seconds int)
returns table (delivery text, turn bigint) language plpgsql as $$
declare d record;
begin
  for d in
    select c.id, c.place_id from (
      (select o.id, o.place_id, o.seq from deliveries o
         where o.status = 'pending' and o.run_at <= now() and o.channel = any (p_channels)
           and not exists (select from deliveries e where e.place_id = o.place_id and e.status = 'pending' and e.seq < o.seq)
         order by o.seq limit 200)
      union all
      (select o.id, o.place_id, o.seq from deliveries o join tasks t on t.id = o.task_id
         where o.status = 'open' and o.run_at <= now() and o.channel = any (p_channels) and t.last_event > o.shown_event
         order by o.seq limit 200)) c
      join places p on p.id = c.place_id join channels ch on ch.name = p.channel
     where coalesce(p.busy_until, '-infinity') < now() and p.ready_at <= now() and coalesce(ch.paused_until, '-infinity') <= now()
     order by c.seq
  loop
    update places set busy_until = now() + make_interval(secs => p_lease_seconds), turn = places.turn + 1
     where id = (select id from places where id = d.place_id and coalesce(busy_until, '-infinity') < now() for update skip locked)
     returning places.turn into turn;
    if found then
      delivery := d.id;
      return next;
      return;
    end if;
  end loop;
end $$;

-- Terminals have no platform that would tell them: they watch what their room shows.
create function tell_console() returns trigger language plpgsql as $$
begin
  perform tell('drover_console', (select room from places where id = new.place_id));
  return null;
end $$;
create trigger wake_console after update of shown, status on deliveries for each row
  when (new.channel = 'console') execute function tell_console();

revoke execute on function tell_inbound, deliver_to_places, tell_outbound, tell_console, show_task, show_question, close_question, claim_delivery from public;
grant execute on function tell_inbound, deliver_to_places, tell_outbound, tell_console, show_task, show_question, close_question to drover_app;
grant execute on function tell_inbound, deliver_to_places, tell_outbound, tell_console, show_task, show_question, close_question, claim_delivery to drover_system;
