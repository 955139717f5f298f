-- What one task found out and later ones should know.

-- The words of a text, as it is searched and as it is asked for. PostgreSQL takes src/db/scope.ts and npm-test for one
-- word each; whoever looks for `scope` should find them.
create function memory_words(p_text text) returns tsvector language sql immutable parallel safe as $$
  select to_tsvector('pg_catalog.simple', translate(p_text, './_-:@', '      '))
$$;
revoke execute on function memory_words from public;
grant execute on function memory_words to drover_app, drover_system;

create table memories (
  id              text primary key check (id like 'mmr\_%'),
  org_id          text not null references orgs,
  -- Null: for the whole org.
  codebase_id     text,
  -- What is remembered under the same key replaces what was.
  key             text check (octet_length(key) between 1 and 200),
  -- All that is found goes into an agent's context.
  text            text not null check (octet_length(text) between 1 and 4096),
  -- Kept, because every question is compared with all memories of its codebase.
  words           tsvector not null generated always as (memory_words(coalesce(key, '') || ' ' || text)) stored,
  created_by_task text,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  foreign key (org_id, codebase_id) references codebases (org_id, id),
  foreign key (org_id, created_by_task) references tasks (org_id, id) on delete set null (created_by_task)
);
select protect_tenant_table('memories');
create unique index one_memory_per_key on memories (org_id, codebase_id, key) nulls not distinct where key is not null;
-- No index over the words: row security forbids its use (the comparison is not leakproof), and a codebase has a thousand
-- memories at most.
create index memories_newest on memories (org_id, codebase_id, updated_at);
