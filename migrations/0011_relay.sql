-- The relay: what platforms post to a public address is kept here until a Drover without one has taken it. Of no org: whoever has
-- a channel's token reads what was posted to it, and nothing else of the database.

create table relay_channels (
  -- Its address. Platforms can send no token, so it cannot be guessed.
  id            text primary key check (id ~ '^[A-Za-z0-9_-]{24,64}$'),
  name          text not null unique check (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  token_hash    bytea not null check (length(token_hash) = 32),
  created_at    timestamptz not null default now(),
  -- Given under this row's lock, so posts are committed in their order: who has read up to one has missed none before it.
  last_seq      bigint not null default 0,
  -- What is kept for it. Counted here: to count the rows at each post would cost more than the post.
  waiting       int not null default 0 check (waiting >= 0),
  waiting_bytes bigint not null default 0 check (waiting_bytes >= 0),
  last_post_at  timestamptz,
  -- A relay that was killed leaves it true: it counts only as long as `seen_at` is young.
  is_connected  boolean not null default false,
  seen_at       timestamptz
);
grant select, insert, update, delete on relay_channels to drover_system;

create table relay_posts (
  channel_id    text not null references relay_channels on delete cascade,
  seq           bigint not null,
  method        text not null,
  path          text not null,
  query         text not null,
  headers       jsonb not null,
  -- As it was posted, byte for byte: signatures are over it. Empty once it is answered.
  body          bytea not null,
  size          int not null,
  received_at   timestamptz not null default now(),
  -- `failed`: Drover had trouble with it for an hour; it is kept for people to look at.
  status        text not null default 'waiting' check (status in ('waiting', 'answered', 'failed')),
  settled_at    timestamptz,
  answer_status int,
  answer_type   text,
  answer_body   bytea,
  primary key (channel_id, seq),
  constraint settled_has_a_time check ((status = 'waiting') = (settled_at is null))
);
grant select, insert, update, delete on relay_posts to drover_system;
create index waiting_relay_posts on relay_posts (channel_id, seq) where status = 'waiting';
create index settled_relay_posts on relay_posts (settled_at) where status <> 'waiting';

create function tell_relay() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    perform tell('drover_relay', new.channel_id);
  else
    -- Whoever posted it may still wait for an answer.
    perform tell('drover_relay_answer', new.channel_id || '/' || new.seq);
  end if;
  return null;
end $$;
create trigger wake after insert or update of status on relay_posts for each row execute function tell_relay();
revoke execute on function tell_relay from public;
grant execute on function tell_relay to drover_system;
