-- One person, several accounts: which account is whose is proven by a code, or said by an admin; and all of it is written down.

create table account_codes (
  -- Of the code. In clear it stands in the delivery that shows it, and is worth nothing after its fifteen minutes.
  code_hash  bytea primary key,
  org_id     text not null references orgs,
  member_id  text not null,
  -- Where it was asked for: told when it is used.
  place_id   text not null,
  -- Only of this account. Such a code stands where everybody reads it, so that for anybody else it is worth nothing.
  channel    text,
  name       text,
  expires_at timestamptz not null,
  used_at    timestamptz,
  check ((channel is null) = (name is null)),
  foreign key (org_id, member_id) references members (org_id, id),
  foreign key (org_id, place_id) references places (org_id, id),
  foreign key (org_id, channel) references channels (org_id, name)
);
select protect_tenant_table('account_codes');
create index on account_codes (member_id);

-- How often an account said a wrong code since then; with an empty actor: all of a channel. Else somebody tries them all.
create table code_guesses (
  org_id  text not null references orgs,
  channel text not null,
  tenant  text not null,
  actor   text not null,
  since   timestamptz not null default now(),
  wrong   int not null,
  -- That its codes are not looked at for a while is said once.
  told    boolean not null default false,
  primary key (org_id, channel, tenant, actor),
  foreign key (org_id, channel) references channels (org_id, name)
);
select protect_tenant_table('code_guesses');

-- Who may speak to Drover and as whom, and who changed that.
create table audit_log (
  seq     bigint generated always as identity primary key,
  org_id  text not null references orgs,
  at      timestamptz not null default now(),
  -- A member, an API key, or `settings`: an allow-list let somebody in.
  actor   text not null,
  action  text not null,
  -- The member or API key that it was done to.
  subject text not null,
  detail  jsonb not null
);
select protect_tenant_table('audit_log');
-- Append-only, as task_events: nobody has the right to change what was done.
revoke update, delete on audit_log from drover_app, drover_system;
create index on audit_log (org_id, seq);
