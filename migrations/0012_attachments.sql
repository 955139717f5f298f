-- Files that come with a message, voice among them. They are fetched beside the handling, once it is known that who sent them may
-- speak here; until then the message is `fetching`, and holds back what was said after it in its place.

alter table inbox drop constraint inbox_status_check;
alter table inbox
  add constraint inbox_status_check check (status in ('new', 'fetching', 'done', 'parked')),
  -- When all that could be fetched was. While it is being fetched `run_at` is the end of the fetcher's lease, and `tries` its number.
  add fetched_at timestamptz,
  add unique (org_id, id);
drop index inbox_to_handle;
create index inbox_to_handle on inbox (lane, seq) where status in ('new', 'fetching');
create index inbox_to_fetch on inbox (seq) where status = 'fetching';

create trigger wake_again after update of status on inbox for each row
  when (new.status <> old.status and new.status in ('new', 'fetching')) execute function tell_inbound();

-- What became of each file: its content, what was said in it, or why there is neither.
create table inbox_files (
  inbox_id   text not null,
  -- Its place among the message's attachments.
  n          int not null,
  org_id     text not null references orgs,
  kind       text not null check (kind in ('voice', 'image', 'file')),
  name       text not null,
  media_type text not null,
  -- Goes once it has become the task's, or nobody wants it; the row stays, to say what came.
  content    bytea,
  -- Of a voice: `{ text, confidence, language, seconds }`.
  transcript jsonb,
  -- For the person who sent it: what is wrong, and what to do.
  problem    text,
  primary key (inbox_id, n),
  foreign key (org_id, inbox_id) references inbox (org_id, id) on delete cascade
);
select protect_tenant_table('inbox_files');
