-- One conversation in several places: a code said in one of them, and said again in another, links the two.

alter table place_conversations
  -- `off`: only what was asked here; `status`: cards, questions and answers of all; `full`: also what people say elsewhere.
  add mirror text not null default 'status' check (mirror in ('off', 'status', 'full'));

-- Where it was asked for.
alter table tasks add place_id text;
alter table tasks add foreign key (org_id, place_id) references places (org_id, id);

create table link_codes (
  -- Of the code. In clear it stands in the delivery that shows it, and is worth nothing after its fifteen minutes.
  code_hash       bytea primary key,
  org_id          text not null references orgs,
  conversation_id text not null,
  expires_at      timestamptz not null,
  used_at         timestamptz,
  foreign key (org_id, conversation_id) references conversations (org_id, id)
);
select protect_tenant_table('link_codes');

-- As before, and what belongs to a task goes to a place with mirroring off only if it was asked for there.
create or replace function deliver_to_places(p_conversation text, p_task text, p_question text, p_kind text, p_status text, p_content jsonb)
returns void language plpgsql as $$
begin
  insert into deliveries (id, org_id, place_id, channel, conversation_id, task_id, question_id, kind, status, content)
  select 'dlv_' || lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || substr(md5(random()::text || p.id), 1, 14),
         p.org_id, p.id, p.channel, p_conversation, p_task, p_question, p_kind, p_status, p_content
    from place_conversations pc join places p on p.id = pc.place_id
   where pc.conversation_id = p_conversation
     and (pc.mirror <> 'off' or p_task is null or p.id = (select place_id from tasks where id = p_task))
  on conflict do nothing;
end $$;
