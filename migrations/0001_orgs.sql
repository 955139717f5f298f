-- Everything of Drover lives in the schema `drover`, so that it can share a database.
-- Every transaction begins by saying for whom it asks (src/db/scope.ts): as drover_app it sees the rows of one org,
-- as drover_system those of all. Outside such a transaction a connection is drover_idle and may touch nothing.

grant usage on schema drover to drover_app, drover_system;

-- Called once for each table that belongs to an org. Forced: it holds for the table's owner as well.
create function protect_tenant_table(name regclass) returns void language plpgsql as $$
begin
  execute format('alter table %s enable row level security', name);
  execute format('alter table %s force row level security', name);
  -- As a sub-select the setting is read once a query, not once a row.
  execute format('create policy one_org on %s to drover_app using (org_id = (select current_setting(''drover.org_id'', true)))', name);
  execute format('create policy every_org on %s to drover_system using (true) with check (true)', name);
  execute format('grant select, insert, update, delete on %s to drover_app, drover_system', name);
end $$;

-- What a transaction has to tell its listeners is gathered in a setting and told after the commit (src/db/scope.ts):
-- commits that carry a NOTIFY themselves go to the disk one after the other, all of the server's.
-- A rollback takes the setting back. What is lost between the two is found by whoever looks by himself.
create function tell(p_channel text, p_payload text) returns void language plpgsql as $$
declare
  v_before text := coalesce(current_setting('drover.to_tell', true), '');
  v_line text := p_channel || ' ' || p_payload || E'\n';
begin
  if position(v_line in v_before) = 0 then perform set_config('drover.to_tell', v_before || v_line, false); end if;
end $$;

create table orgs (
  id         text primary key check (id ~ '^org_[0-9a-z]+$'),
  slug       text not null unique,
  name       text not null,
  created_at timestamptz not null default now()
);
alter table orgs enable row level security;
alter table orgs force row level security;
create policy one_org on orgs to drover_app using (id = (select current_setting('drover.org_id', true)));
create policy every_org on orgs to drover_system using (true) with check (true);
-- An org is made and renamed by Drover itself, never by its members' own transactions.
grant select on orgs to drover_app;
grant select, insert, update, delete on orgs to drover_system;

-- A fresh install has one org. Inserted under a role that may: the policies are forced on us, too.
create policy first_org on orgs for insert to current_user with check (true);
insert into orgs (id, slug, name) values ('org_default', 'default', 'Default');
drop policy first_org on orgs;

create table api_keys (
  id           text primary key check (id like 'key\_%'),
  org_id       text not null references orgs,
  name         text not null,
  -- SHA-256 of 256 bits of chance: nothing to guess, so nothing slow is needed.
  secret_hash  bytea not null,
  created_at   timestamptz not null default now(),
  last_used_at timestamptz,
  revoked_at   timestamptz
);
select protect_tenant_table('api_keys');
create index on api_keys (org_id);

-- The answer that a create got, so that the same request sent twice creates once.
create table idempotency_keys (
  org_id      text not null references orgs,
  key         text not null,
  -- What was asked: the same key with another request is a mistake of the caller's.
  fingerprint text not null,
  status      int not null,
  body        jsonb not null,
  created_at  timestamptz not null default now(),
  primary key (org_id, key)
);
select protect_tenant_table('idempotency_keys');
