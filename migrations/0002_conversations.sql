create table codebases (
  id             text primary key check (id like 'cbs\_%'),
  org_id         text not null references orgs,
  name           text not null,
  -- Path, file://, https:// or ssh://; never with credentials in it.
  url            text not null,
  default_branch text not null,
  created_at     timestamptz not null default now(),
  removed_at     timestamptz,
  -- Foreign keys point here with their org: a foreign key check passes row-level security by, so an id alone would let
  -- one org's row point at another's.
  unique (org_id, id)
);
select protect_tenant_table('codebases');
-- A removed codebase keeps its rows, and frees its name.
create unique index one_codebase_per_name on codebases (org_id, name) where removed_at is null;

create table conversations (
  id          text primary key check (id like 'cnv\_%'),
  org_id      text not null references orgs,
  title       text not null,
  codebase_id text,
  agent       text not null,
  -- Where the work of this conversation goes.
  branch      text,
  created_at  timestamptz not null default now(),
  unique (org_id, id),
  foreign key (org_id, codebase_id) references codebases (org_id, id)
);
select protect_tenant_table('conversations');
create index on conversations (org_id, codebase_id);

create table messages (
  id              text primary key check (id like 'msg\_%'),
  org_id          text not null references orgs,
  conversation_id text not null,
  author          text not null check (author in ('person', 'agent')),
  text            text not null,
  created_at      timestamptz not null default now(),
  foreign key (org_id, conversation_id) references conversations (org_id, id)
);
select protect_tenant_table('messages');
create index on messages (conversation_id, id);

-- An agent's own memory of a conversation.
create table sessions (
  id              text primary key check (id like 'ses\_%'),
  org_id          text not null references orgs,
  conversation_id text not null,
  agent           text not null,
  resume          text not null,
  created_at      timestamptz not null default now(),
  ended_at        timestamptz,
  foreign key (org_id, conversation_id) references conversations (org_id, id)
);
select protect_tenant_table('sessions');
-- Two live sessions of one agent in one conversation would each remember half of it.
create unique index one_live_session_per_agent on sessions (conversation_id, agent) where ended_at is null;

-- The folder of a conversation on one machine.
create table workspaces (
  conversation_id text not null,
  host            text not null,
  org_id          text not null references orgs,
  codebase_id     text not null,
  directory       text not null,
  checkpoint_sha  text,
  -- Whether everything in it is safe elsewhere: such a folder may be cleaned away.
  pushed          boolean not null default false,
  last_used_at    timestamptz not null default now(),
  primary key (conversation_id, host),
  foreign key (org_id, conversation_id) references conversations (org_id, id),
  foreign key (org_id, codebase_id) references codebases (org_id, id)
);
select protect_tenant_table('workspaces');
create index on workspaces (host, last_used_at);
