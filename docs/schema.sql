-- Made from migrations/ by: UPDATE=1 npx vitest run test/schema-drift.test.ts

schema drover
grant usage to drover_app
grant usage to drover_system

table account_codes
  code_hash bytea not null
  org_id text not null
  member_id text not null
  place_id text not null
  channel text
  name text
  expires_at timestamp with time zone not null
  used_at timestamp with time zone
constraint account_codes_check CHECK (((channel IS NULL) = (name IS NULL)))
constraint account_codes_org_id_channel_fkey FOREIGN KEY (org_id, channel) REFERENCES drover.channels(org_id, name)
constraint account_codes_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint account_codes_org_id_member_id_fkey FOREIGN KEY (org_id, member_id) REFERENCES drover.members(org_id, id)
constraint account_codes_org_id_place_id_fkey FOREIGN KEY (org_id, place_id) REFERENCES drover.places(org_id, id)
constraint account_codes_pkey PRIMARY KEY (code_hash)
CREATE INDEX account_codes_member_id_idx ON drover.account_codes USING btree (member_id)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table agent_pauses
  agent text not null
  until timestamp with time zone not null
constraint agent_pauses_pkey PRIMARY KEY (agent)
grant delete, insert, select, update to drover_system

table agent_worker_types
  agent text not null
  worker_type text not null
constraint agent_worker_types_worker_type_fkey FOREIGN KEY (worker_type) REFERENCES drover.worker_types(name)
constraint agent_worker_types_pkey PRIMARY KEY (agent)
grant select to drover_app
grant delete, insert, select, update to drover_system

table api_keys
  id text not null
  org_id text not null
  name text not null
  secret_hash bytea not null
  created_at timestamp with time zone not null default now()
  last_used_at timestamp with time zone
  revoked_at timestamp with time zone
constraint api_keys_id_check CHECK ((id ~~ 'key\_%'::text))
constraint api_keys_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint api_keys_pkey PRIMARY KEY (id)
CREATE INDEX api_keys_org_id_idx ON drover.api_keys USING btree (org_id)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table artifacts
  id text not null
  org_id text not null
  task_id text not null
  kind text not null
  name text not null
  media_type text not null default 'text/plain'::text
  content bytea not null
  created_at timestamp with time zone not null default now()
constraint artifacts_id_check CHECK ((id ~~ 'art\_%'::text))
constraint artifacts_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint artifacts_org_id_task_id_fkey FOREIGN KEY (org_id, task_id) REFERENCES drover.tasks(org_id, id) ON DELETE CASCADE
constraint artifacts_pkey PRIMARY KEY (id)
CREATE INDEX artifacts_task_id_idx ON drover.artifacts USING btree (task_id)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table audit_log
  seq bigint not null
  org_id text not null
  at timestamp with time zone not null default now()
  actor text not null
  action text not null
  subject text not null
  detail jsonb not null
constraint audit_log_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint audit_log_pkey PRIMARY KEY (seq)
CREATE INDEX audit_log_org_id_seq_idx ON drover.audit_log USING btree (org_id, seq)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant insert, select to drover_app
grant insert, select to drover_system

table budget_raises
  org_id text not null
  at timestamp with time zone not null
constraint budget_raises_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint budget_raises_pkey PRIMARY KEY (org_id)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table budgets
  id text not null
  org_id text not null
  scope text not null
  key text
  period text not null
  max_usd numeric(12,6)
  max_calls integer
  max_tokens bigint
  created_at timestamp with time zone not null default now()
  counted_until timestamp with time zone not null default '-infinity'::timestamp with time zone
  counted_calls bigint not null default 0
  counted_tokens bigint not null default 0
  counted_usd numeric
  counted_unpriced bigint not null default 0
constraint all_but_the_org_have_a_key CHECK (((scope = 'org'::text) = (key IS NULL)))
constraint budgets_id_check CHECK ((id ~~ 'bud\_%'::text))
constraint budgets_max_calls_check CHECK ((max_calls > 0))
constraint budgets_max_tokens_check CHECK ((max_tokens > 0))
constraint budgets_max_usd_check CHECK ((max_usd > (0)::numeric))
constraint budgets_period_check CHECK ((period = ANY (ARRAY['total'::text, 'day'::text])))
constraint budgets_scope_check CHECK ((scope = ANY (ARRAY['org'::text, 'conversation'::text, 'codebase'::text, 'agent'::text, 'task'::text])))
constraint key_is_of_its_scope CHECK (
CASE scope
    WHEN 'task'::text THEN (key ~~ 'tsk\_%'::text)
    WHEN 'conversation'::text THEN (key ~~ 'cnv\_%'::text)
    WHEN 'codebase'::text THEN (key ~~ 'cbs\_%'::text)
    ELSE true
END)
constraint something_is_limited CHECK ((num_nonnulls(max_usd, max_calls, max_tokens) > 0))
constraint budgets_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint budgets_pkey PRIMARY KEY (id)
constraint one_budget_for_each UNIQUE NULLS NOT DISTINCT (org_id, scope, key, period)
CREATE TRIGGER made AFTER INSERT ON drover.budgets FOR EACH ROW EXECUTE FUNCTION drover.note_first_budget()
CREATE TRIGGER raised AFTER UPDATE ON drover.budgets FOR EACH ROW WHEN (((old.max_usd < COALESCE(new.max_usd, 'Infinity'::numeric)) OR ((old.max_calls)::double precision < COALESCE((new.max_calls)::double precision, 'Infinity'::double precision)) OR ((old.max_tokens)::double precision < COALESCE((new.max_tokens)::double precision, 'Infinity'::double precision)))) EXECUTE FUNCTION drover.go_on_within_budget()
CREATE TRIGGER removed AFTER DELETE ON drover.budgets FOR EACH ROW EXECUTE FUNCTION drover.go_on_within_budget()
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table channel_credentials
  channel text not null
  tenant text not null
  org_id text not null
  sealed bytea not null
  created_at timestamp with time zone not null default now()
constraint channel_credentials_org_id_channel_fkey FOREIGN KEY (org_id, channel) REFERENCES drover.channels(org_id, name)
constraint channel_credentials_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint channel_credentials_pkey PRIMARY KEY (channel, tenant)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table channels
  name text not null
  org_id text not null
  kind text not null
  is_up boolean not null default false
  reason text
  changed_at timestamp with time zone not null default now()
  paused_until timestamp with time zone
  cursor jsonb
constraint channels_name_check CHECK ((name ~ '^[a-z][a-z0-9-]*$'::text))
constraint channels_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint channels_pkey PRIMARY KEY (name)
constraint channels_org_id_name_key UNIQUE (org_id, name)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table code_guesses
  org_id text not null
  channel text not null
  tenant text not null
  actor text not null
  since timestamp with time zone not null default now()
  wrong integer not null
  told boolean not null default false
constraint code_guesses_org_id_channel_fkey FOREIGN KEY (org_id, channel) REFERENCES drover.channels(org_id, name)
constraint code_guesses_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint code_guesses_pkey PRIMARY KEY (org_id, channel, tenant, actor)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table codebase_commands
  codebase_id text not null
  name text not null
  org_id text not null
  path text not null
  description text not null default ''::text
  created_at timestamp with time zone not null default now()
constraint codebase_commands_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9_-]*$'::text))
constraint codebase_commands_org_id_codebase_id_fkey FOREIGN KEY (org_id, codebase_id) REFERENCES drover.codebases(org_id, id)
constraint codebase_commands_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint codebase_commands_pkey PRIMARY KEY (codebase_id, name)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table codebases
  id text not null
  org_id text not null
  name text not null
  url text not null
  default_branch text not null
  created_at timestamp with time zone not null default now()
  removed_at timestamp with time zone
  agent text
constraint codebases_id_check CHECK ((id ~~ 'cbs\_%'::text))
constraint codebases_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint codebases_pkey PRIMARY KEY (id)
constraint codebases_org_id_id_key UNIQUE (org_id, id)
CREATE UNIQUE INDEX one_codebase_per_name ON drover.codebases USING btree (org_id, name) WHERE (removed_at IS NULL)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table conversations
  id text not null
  org_id text not null
  title text not null
  codebase_id text
  agent text not null
  branch text
  created_at timestamp with time zone not null default now()
  cwd text not null default ''::text
  busy text not null default 'queue'::text
  verbosity text not null default 'normal'::text
constraint conversations_busy_check CHECK ((busy = ANY (ARRAY['queue'::text, 'steer'::text, 'interrupt'::text, 'collect'::text])))
constraint conversations_id_check CHECK ((id ~~ 'cnv\_%'::text))
constraint conversations_verbosity_check CHECK ((verbosity = ANY (ARRAY['quiet'::text, 'normal'::text, 'verbose'::text])))
constraint conversations_org_id_codebase_id_fkey FOREIGN KEY (org_id, codebase_id) REFERENCES drover.codebases(org_id, id)
constraint conversations_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint conversations_pkey PRIMARY KEY (id)
constraint conversations_org_id_id_key UNIQUE (org_id, id)
CREATE INDEX conversations_org_id_codebase_id_idx ON drover.conversations USING btree (org_id, codebase_id)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table deliveries with (fillfactor=80)
  id text not null
  seq bigint not null
  org_id text not null
  place_id text not null
  channel text not null
  conversation_id text
  task_id text
  question_id text
  kind text not null
  content jsonb not null default '{}'::jsonb
  status text not null
  message_ids text[] not null default '{}'::text[]
  shown text[] not null default '{}'::text[]
  shown_event bigint not null default 0
  tries integer not null default 0
  run_at timestamp with time zone not null default now()
  error text
  created_at timestamp with time zone not null default now()
  ended_at timestamp with time zone
constraint deliveries_id_check CHECK ((id ~~ 'dlv\_%'::text))
constraint deliveries_kind_check CHECK ((kind = ANY (ARRAY['text'::text, 'card'::text, 'answer'::text, 'question'::text, 'webhook'::text])))
constraint deliveries_status_check CHECK ((status = ANY (ARRAY['open'::text, 'pending'::text, 'sent'::text, 'dead'::text, 'discarded'::text])))
constraint same_length CHECK ((cardinality(message_ids) = cardinality(shown)))
constraint deliveries_org_id_channel_fkey FOREIGN KEY (org_id, channel) REFERENCES drover.channels(org_id, name)
constraint deliveries_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint deliveries_org_id_place_id_fkey FOREIGN KEY (org_id, place_id) REFERENCES drover.places(org_id, id)
constraint deliveries_org_id_task_id_fkey FOREIGN KEY (org_id, task_id) REFERENCES drover.tasks(org_id, id) ON DELETE CASCADE
constraint deliveries_pkey PRIMARY KEY (id)
CREATE INDEX deliveries_dead ON drover.deliveries USING btree (org_id, seq) WHERE (status = 'dead'::text)
CREATE INDEX deliveries_of_conversation ON drover.deliveries USING btree (conversation_id, seq)
CREATE INDEX deliveries_of_place ON drover.deliveries USING btree (place_id, seq)
CREATE INDEX deliveries_of_task ON drover.deliveries USING btree (task_id) WHERE (task_id IS NOT NULL)
CREATE INDEX deliveries_open ON drover.deliveries USING btree (task_id) WHERE (status = 'open'::text)
CREATE INDEX deliveries_to_send ON drover.deliveries USING btree (place_id, seq) WHERE (status = 'pending'::text)
CREATE UNIQUE INDEX one_card_per_question_and_place ON drover.deliveries USING btree (question_id, place_id) WHERE (question_id IS NOT NULL)
CREATE UNIQUE INDEX one_live_card_and_answer ON drover.deliveries USING btree (task_id, place_id, kind) WHERE ((kind = ANY (ARRAY['card'::text, 'answer'::text])) AND (status = ANY (ARRAY['open'::text, 'pending'::text])))
CREATE TRIGGER wake AFTER INSERT OR UPDATE OF status ON drover.deliveries FOR EACH ROW EXECUTE FUNCTION drover.tell_outbound()
CREATE TRIGGER wake_console AFTER UPDATE OF shown, status ON drover.deliveries FOR EACH ROW WHEN ((new.channel = 'console'::text)) EXECUTE FUNCTION drover.tell_console()
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table hooks
  id text not null
  org_id text not null
  name text not null
  scheme text not null
  codebase_id text not null
  agent text
  template text not null
  conversation_template text
  created_at timestamp with time zone not null default now()
  removed_at timestamp with time zone
constraint hooks_id_check CHECK ((id ~~ 'hok\_%'::text))
constraint hooks_scheme_check CHECK ((scheme = ANY (ARRAY['standard'::text, 'github'::text])))
constraint hooks_org_id_codebase_id_fkey FOREIGN KEY (org_id, codebase_id) REFERENCES drover.codebases(org_id, id)
constraint hooks_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint hooks_pkey PRIMARY KEY (id)
CREATE UNIQUE INDEX one_hook_of_a_name ON drover.hooks USING btree (org_id, name) WHERE (removed_at IS NULL)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table idempotency_keys
  org_id text not null
  key text not null
  fingerprint text not null
  status integer not null
  body jsonb not null
  created_at timestamp with time zone not null default now()
constraint idempotency_keys_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint idempotency_keys_pkey PRIMARY KEY (org_id, key)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table identities
  channel text not null
  tenant text not null
  actor text not null
  org_id text not null
  member_id text not null
  source text not null
  created_at timestamp with time zone not null default now()
constraint identities_source_check CHECK ((source = ANY (ARRAY['settings'::text, 'granted'::text])))
constraint identities_org_id_channel_fkey FOREIGN KEY (org_id, channel) REFERENCES drover.channels(org_id, name)
constraint identities_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint identities_org_id_member_id_fkey FOREIGN KEY (org_id, member_id) REFERENCES drover.members(org_id, id)
constraint identities_pkey PRIMARY KEY (channel, tenant, actor)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table inbox
  id text not null
  seq bigint not null
  org_id text not null
  channel text not null
  key text not null
  lane text not null
  event jsonb not null
  link text
  status text not null default 'new'::text
  tries integer not null default 0
  run_at timestamp with time zone not null default now()
  verdict text
  reason text
  task_id text
  conversation_id text
  received_at timestamp with time zone not null default now()
  handled_at timestamp with time zone
  fetched_at timestamp with time zone
constraint handled_has_a_verdict CHECK (((status <> 'done'::text) OR (verdict IS NOT NULL)))
constraint inbox_id_check CHECK ((id ~~ 'inb\_%'::text))
constraint inbox_status_check CHECK ((status = ANY (ARRAY['new'::text, 'fetching'::text, 'done'::text, 'parked'::text])))
constraint inbox_verdict_check CHECK ((verdict = ANY (ARRAY['task'::text, 'command'::text, 'answer'::text, 'dropped'::text])))
constraint inbox_org_id_channel_fkey FOREIGN KEY (org_id, channel) REFERENCES drover.channels(org_id, name)
constraint inbox_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint inbox_pkey PRIMARY KEY (id)
constraint inbox_org_id_id_key UNIQUE (org_id, id)
CREATE INDEX inbox_by_link ON drover.inbox USING btree (org_id, link) WHERE (link IS NOT NULL)
CREATE INDEX inbox_newest ON drover.inbox USING btree (org_id, seq)
CREATE INDEX inbox_of_conversation ON drover.inbox USING btree (conversation_id, seq) WHERE (conversation_id IS NOT NULL)
CREATE INDEX inbox_of_lane ON drover.inbox USING btree (lane, seq)
CREATE INDEX inbox_to_fetch ON drover.inbox USING btree (seq) WHERE (status = 'fetching'::text)
CREATE INDEX inbox_to_handle ON drover.inbox USING btree (lane, seq) WHERE (status = ANY (ARRAY['new'::text, 'fetching'::text]))
CREATE UNIQUE INDEX said_once ON drover.inbox USING btree (channel, key)
CREATE TRIGGER wake AFTER INSERT ON drover.inbox FOR EACH ROW EXECUTE FUNCTION drover.tell_inbound()
CREATE TRIGGER wake_again AFTER UPDATE OF status ON drover.inbox FOR EACH ROW WHEN (((new.status <> old.status) AND (new.status = ANY (ARRAY['new'::text, 'fetching'::text])))) EXECUTE FUNCTION drover.tell_inbound()
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table inbox_files
  inbox_id text not null
  n integer not null
  org_id text not null
  kind text not null
  name text not null
  media_type text not null
  content bytea
  transcript jsonb
  problem text
constraint inbox_files_kind_check CHECK ((kind = ANY (ARRAY['voice'::text, 'image'::text, 'file'::text])))
constraint inbox_files_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint inbox_files_org_id_inbox_id_fkey FOREIGN KEY (org_id, inbox_id) REFERENCES drover.inbox(org_id, id) ON DELETE CASCADE
constraint inbox_files_pkey PRIMARY KEY (inbox_id, n)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table limits
  scope text not null
  key text not null
  max_running integer not null
constraint limits_max_running_check CHECK ((max_running >= 0))
constraint limits_scope_check CHECK ((scope = ANY (ARRAY['org'::text, 'agent'::text])))
constraint limits_pkey PRIMARY KEY (scope, key)
grant delete, insert, select, update to drover_system

table link_codes
  code_hash bytea not null
  org_id text not null
  conversation_id text not null
  expires_at timestamp with time zone not null
  used_at timestamp with time zone
constraint link_codes_org_id_conversation_id_fkey FOREIGN KEY (org_id, conversation_id) REFERENCES drover.conversations(org_id, id)
constraint link_codes_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint link_codes_pkey PRIMARY KEY (code_hash)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table members
  id text not null
  org_id text not null
  name text not null
  role text not null
  created_at timestamp with time zone not null default now()
  removed_at timestamp with time zone
constraint members_id_check CHECK ((id ~~ 'mem\_%'::text))
constraint members_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'member'::text])))
constraint members_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint members_pkey PRIMARY KEY (id)
constraint members_org_id_id_key UNIQUE (org_id, id)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table memories
  id text not null
  org_id text not null
  codebase_id text
  key text
  text text not null
  words tsvector not null default drover.memory_words(((COALESCE(key, ''::text) || ' '::text) || text))
  created_by_task text
  created_at timestamp with time zone not null default now()
  updated_at timestamp with time zone not null default now()
constraint memories_id_check CHECK ((id ~~ 'mmr\_%'::text))
constraint memories_key_check CHECK (((octet_length(key) >= 1) AND (octet_length(key) <= 200)))
constraint memories_text_check CHECK (((octet_length(text) >= 1) AND (octet_length(text) <= 4096)))
constraint memories_org_id_codebase_id_fkey FOREIGN KEY (org_id, codebase_id) REFERENCES drover.codebases(org_id, id)
constraint memories_org_id_created_by_task_fkey FOREIGN KEY (org_id, created_by_task) REFERENCES drover.tasks(org_id, id) ON DELETE SET NULL (created_by_task)
constraint memories_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint memories_pkey PRIMARY KEY (id)
CREATE INDEX memories_newest ON drover.memories USING btree (org_id, codebase_id, updated_at)
CREATE UNIQUE INDEX one_memory_per_key ON drover.memories USING btree (org_id, codebase_id, key) NULLS NOT DISTINCT WHERE (key IS NOT NULL)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table messages
  id text not null
  org_id text not null
  conversation_id text not null
  author text not null
  text text not null
  created_at timestamp with time zone not null default now()
constraint messages_author_check CHECK ((author = ANY (ARRAY['person'::text, 'agent'::text])))
constraint messages_id_check CHECK ((id ~~ 'msg\_%'::text))
constraint messages_org_id_conversation_id_fkey FOREIGN KEY (org_id, conversation_id) REFERENCES drover.conversations(org_id, id)
constraint messages_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint messages_pkey PRIMARY KEY (id)
CREATE INDEX messages_conversation_id_id_idx ON drover.messages USING btree (conversation_id, id)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table migrations
  id integer not null default nextval('drover.migrations_id_seq'::regclass)
  name character varying(255) not null
  run_on timestamp without time zone not null
constraint migrations_pkey PRIMARY KEY (id)

table model_calls with (autovacuum_vacuum_insert_scale_factor=0.05)
  id text not null
  org_id text not null
  task_id text not null
  attempt integer not null
  agent text not null
  conversation_id text
  codebase_id text
  vendor text not null
  model text not null
  input_tokens bigint not null
  output_tokens bigint not null
  cache_read_tokens bigint not null
  cache_write_tokens bigint not null
  reasoning_tokens bigint not null
  usd numeric(16,10)
  at timestamp with time zone not null default now()
constraint model_calls_id_check CHECK ((id ~~ 'mcl\_%'::text))
constraint model_calls_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint model_calls_org_id_task_id_fkey FOREIGN KEY (org_id, task_id) REFERENCES drover.tasks(org_id, id) ON DELETE CASCADE
constraint model_calls_pkey PRIMARY KEY (id)
CREATE INDEX model_calls_conversation_id_at_idx ON drover.model_calls USING btree (conversation_id, at) WHERE (conversation_id IS NOT NULL)
CREATE INDEX model_calls_org_id_at_idx ON drover.model_calls USING btree (org_id, at)
CREATE INDEX model_calls_task_id_attempt_idx ON drover.model_calls USING btree (task_id, attempt)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table orgs
  id text not null
  slug text not null
  name text not null
  created_at timestamp with time zone not null default now()
constraint orgs_id_check CHECK ((id ~ '^org_[0-9a-z]+$'::text))
constraint orgs_pkey PRIMARY KEY (id)
constraint orgs_slug_key UNIQUE (slug)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant select to drover_app
grant delete, insert, select, update to drover_system

table place_conversations
  place_id text not null
  conversation_id text not null
  org_id text not null
  is_current boolean not null
  since timestamp with time zone not null default now()
  mirror text not null default 'status'::text
constraint place_conversations_mirror_check CHECK ((mirror = ANY (ARRAY['off'::text, 'status'::text, 'full'::text])))
constraint place_conversations_org_id_conversation_id_fkey FOREIGN KEY (org_id, conversation_id) REFERENCES drover.conversations(org_id, id)
constraint place_conversations_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint place_conversations_org_id_place_id_fkey FOREIGN KEY (org_id, place_id) REFERENCES drover.places(org_id, id)
constraint place_conversations_pkey PRIMARY KEY (place_id, conversation_id)
CREATE UNIQUE INDEX one_current_conversation_per_place ON drover.place_conversations USING btree (place_id) WHERE is_current
CREATE INDEX place_conversations_conversation_id_idx ON drover.place_conversations USING btree (conversation_id)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table places with (fillfactor=80)
  id text not null
  org_id text not null
  channel text not null
  tenant text not null
  room text not null
  thread text not null
  created_at timestamp with time zone not null default now()
  busy_until timestamp with time zone
  turn bigint not null default 0
  ready_at timestamp with time zone not null default now()
constraint places_id_check CHECK ((id ~~ 'plc\_%'::text))
constraint places_org_id_channel_fkey FOREIGN KEY (org_id, channel) REFERENCES drover.channels(org_id, name)
constraint places_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint places_pkey PRIMARY KEY (id)
constraint places_org_id_id_key UNIQUE (org_id, id)
CREATE UNIQUE INDEX one_row_per_place ON drover.places USING btree (channel, tenant, room, thread)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table questions
  id text not null
  org_id text not null
  conversation_id text not null
  task_id text
  kind text not null
  title text not null
  choices jsonb not null
  free_text boolean not null
  action jsonb
  asked_at timestamp with time zone not null default now()
  closed_at timestamp with time zone
  answer jsonb
  answered_by text
constraint closed_has_an_answer CHECK (((answer IS NULL) OR (closed_at IS NOT NULL)))
constraint offer_or_task CHECK ((((kind = 'offer'::text) = (task_id IS NULL)) AND ((kind = 'offer'::text) = (action IS NOT NULL))))
constraint questions_id_check CHECK ((id ~~ 'que\_%'::text))
constraint questions_kind_check CHECK ((kind = ANY (ARRAY['permission'::text, 'question'::text, 'offer'::text])))
constraint questions_org_id_conversation_id_fkey FOREIGN KEY (org_id, conversation_id) REFERENCES drover.conversations(org_id, id)
constraint questions_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint questions_org_id_task_id_fkey FOREIGN KEY (org_id, task_id) REFERENCES drover.tasks(org_id, id) ON DELETE CASCADE
constraint questions_pkey PRIMARY KEY (id)
CREATE UNIQUE INDEX one_open_offer_per_conversation ON drover.questions USING btree (conversation_id) WHERE ((closed_at IS NULL) AND (kind = 'offer'::text))
CREATE UNIQUE INDEX one_open_question_per_task ON drover.questions USING btree (task_id) WHERE ((closed_at IS NULL) AND (task_id IS NOT NULL))
CREATE INDEX questions_of_conversation ON drover.questions USING btree (conversation_id, id)
CREATE TRIGGER show AFTER INSERT OR UPDATE OF closed_at ON drover.questions FOR EACH ROW EXECUTE FUNCTION drover.show_question()
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table relay_channels
  id text not null
  name text not null
  token_hash bytea not null
  created_at timestamp with time zone not null default now()
  last_seq bigint not null default 0
  waiting integer not null default 0
  waiting_bytes bigint not null default 0
  last_post_at timestamp with time zone
  is_connected boolean not null default false
  seen_at timestamp with time zone
constraint relay_channels_id_check CHECK ((id ~ '^[A-Za-z0-9_-]{24,64}$'::text))
constraint relay_channels_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9-]{0,62}$'::text))
constraint relay_channels_token_hash_check CHECK ((length(token_hash) = 32))
constraint relay_channels_waiting_bytes_check CHECK ((waiting_bytes >= 0))
constraint relay_channels_waiting_check CHECK ((waiting >= 0))
constraint relay_channels_pkey PRIMARY KEY (id)
constraint relay_channels_name_key UNIQUE (name)
grant delete, insert, select, update to drover_system

table relay_posts
  channel_id text not null
  seq bigint not null
  method text not null
  path text not null
  query text not null
  headers jsonb not null
  body bytea not null
  size integer not null
  received_at timestamp with time zone not null default now()
  status text not null default 'waiting'::text
  settled_at timestamp with time zone
  answer_status integer
  answer_type text
  answer_body bytea
constraint relay_posts_status_check CHECK ((status = ANY (ARRAY['waiting'::text, 'answered'::text, 'failed'::text])))
constraint settled_has_a_time CHECK (((status = 'waiting'::text) = (settled_at IS NULL)))
constraint relay_posts_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES drover.relay_channels(id) ON DELETE CASCADE
constraint relay_posts_pkey PRIMARY KEY (channel_id, seq)
CREATE INDEX settled_relay_posts ON drover.relay_posts USING btree (settled_at) WHERE (status <> 'waiting'::text)
CREATE INDEX waiting_relay_posts ON drover.relay_posts USING btree (channel_id, seq) WHERE (status = 'waiting'::text)
CREATE TRIGGER wake AFTER INSERT OR UPDATE OF status ON drover.relay_posts FOR EACH ROW EXECUTE FUNCTION drover.tell_relay()
grant delete, insert, select, update to drover_system

table schedules
  id text not null
  org_id text not null
  name text not null
  cron text not null
  timezone text not null default 'UTC'::text
  prompt text not null
  agent text not null
  codebase_id text
  enabled boolean not null default true
  next_run_at timestamp with time zone not null
  last_run_at timestamp with time zone
  last_task_id text
  created_at timestamp with time zone not null default now()
constraint schedules_id_check CHECK ((id ~~ 'sch\_%'::text))
constraint schedules_org_id_codebase_id_fkey FOREIGN KEY (org_id, codebase_id) REFERENCES drover.codebases(org_id, id)
constraint schedules_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint schedules_org_id_last_task_id_fkey FOREIGN KEY (org_id, last_task_id) REFERENCES drover.tasks(org_id, id)
constraint schedules_pkey PRIMARY KEY (id)
CREATE UNIQUE INDEX one_schedule_per_name ON drover.schedules USING btree (org_id, name)
CREATE INDEX schedules_due ON drover.schedules USING btree (next_run_at) WHERE enabled
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table sessions
  id text not null
  org_id text not null
  conversation_id text not null
  agent text not null
  resume text not null
  created_at timestamp with time zone not null default now()
  ended_at timestamp with time zone
constraint sessions_id_check CHECK ((id ~~ 'ses\_%'::text))
constraint sessions_org_id_conversation_id_fkey FOREIGN KEY (org_id, conversation_id) REFERENCES drover.conversations(org_id, id)
constraint sessions_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint sessions_pkey PRIMARY KEY (id)
CREATE UNIQUE INDEX one_live_session_per_agent ON drover.sessions USING btree (conversation_id, agent) WHERE (ended_at IS NULL)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table task_events with (autovacuum_vacuum_insert_scale_factor=0.05)
  task_id text not null
  seq bigint not null
  org_id text not null
  attempt integer not null
  type text not null
  data jsonb not null
  at timestamp with time zone not null default clock_timestamp()
constraint task_events_org_id_task_id_fkey FOREIGN KEY (org_id, task_id) REFERENCES drover.tasks(org_id, id) ON DELETE CASCADE
constraint task_events_pkey PRIMARY KEY (task_id, seq)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant insert, select to drover_app
grant insert, select to drover_system

table task_steers
  seq bigint not null
  org_id text not null
  task_id text not null
  text text not null
  created_by text
  created_at timestamp with time zone not null default now()
  told_at timestamp with time zone
constraint task_steers_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint task_steers_org_id_task_id_fkey FOREIGN KEY (org_id, task_id) REFERENCES drover.tasks(org_id, id) ON DELETE CASCADE
constraint task_steers_pkey PRIMARY KEY (seq)
CREATE INDEX task_steers_untold ON drover.task_steers USING btree (task_id, seq) WHERE (told_at IS NULL)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table tasks with (fillfactor=80, autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_insert_scale_factor=0.05)
  id text not null
  org_id text not null
  place bigint not null
  kind text not null default 'agent'::text
  status text not null
  waiting_for text
  worker_type text not null default 'general'::text
  agent text not null
  lane text
  priority integer not null default 100
  run_at timestamp with time zone not null default now()
  attempt integer not null default 0
  failures integer not null default 0
  max_attempts integer not null default 5
  worker_id text
  lease_expires_at timestamp with time zone
  cancel_requested boolean not null default false
  parent_id text
  conversation_id text
  codebase_id text
  title text not null
  prompt text not null
  input jsonb not null default '{}'::jsonb
  checkpoint jsonb not null default '{}'::jsonb
  result jsonb
  failure jsonb
  last_event bigint not null default 0
  created_by text
  correlation_id text
  created_at timestamp with time zone not null default now()
  started_at timestamp with time zone
  finished_at timestamp with time zone
  place_id text
constraint ended_has_an_end CHECK (((status = ANY (ARRAY['completed'::text, 'failed'::text, 'cancelled'::text])) = (finished_at IS NOT NULL)))
constraint running_has_a_lease CHECK (((status = 'running'::text) = (lease_expires_at IS NOT NULL)))
constraint tasks_id_check CHECK ((id ~~ 'tsk\_%'::text))
constraint tasks_max_attempts_check CHECK ((max_attempts > 0))
constraint tasks_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'scheduled'::text, 'pending'::text, 'running'::text, 'waiting'::text, 'completed'::text, 'failed'::text, 'cancelled'::text])))
constraint tasks_waiting_for_check CHECK ((waiting_for = ANY (ARRAY['input'::text, 'children'::text, 'limit'::text])))
constraint waiting_says_for_what CHECK (((status = 'waiting'::text) = (waiting_for IS NOT NULL)))
constraint tasks_org_id_codebase_id_fkey FOREIGN KEY (org_id, codebase_id) REFERENCES drover.codebases(org_id, id)
constraint tasks_org_id_conversation_id_fkey FOREIGN KEY (org_id, conversation_id) REFERENCES drover.conversations(org_id, id)
constraint tasks_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint tasks_org_id_parent_id_fkey FOREIGN KEY (org_id, parent_id) REFERENCES drover.tasks(org_id, id)
constraint tasks_org_id_place_id_fkey FOREIGN KEY (org_id, place_id) REFERENCES drover.places(org_id, id)
constraint tasks_worker_type_fkey FOREIGN KEY (worker_type) REFERENCES drover.worker_types(name)
constraint tasks_pkey PRIMARY KEY (id)
constraint tasks_org_id_id_key UNIQUE (org_id, id)
CREATE UNIQUE INDEX one_admitted_task_per_lane ON drover.tasks USING btree (org_id, lane) WHERE ((lane IS NOT NULL) AND (status = ANY (ARRAY['scheduled'::text, 'pending'::text, 'running'::text, 'waiting'::text])))
CREATE INDEX tasks_children ON drover.tasks USING btree (parent_id) WHERE (parent_id IS NOT NULL)
CREATE INDEX tasks_due ON drover.tasks USING btree (run_at) WHERE ((status = 'scheduled'::text) OR ((status = 'waiting'::text) AND (waiting_for = 'limit'::text)))
CREATE INDEX tasks_next_in_lane ON drover.tasks USING btree (org_id, lane, place) WHERE (status = 'queued'::text)
CREATE INDEX tasks_of_codebase ON drover.tasks USING btree (codebase_id, id) WHERE (codebase_id IS NOT NULL)
CREATE INDEX tasks_of_conversation ON drover.tasks USING btree (conversation_id, id)
CREATE INDEX tasks_of_org_by_agent ON drover.tasks USING btree (org_id, agent, id)
CREATE INDEX tasks_of_org_by_status ON drover.tasks USING btree (org_id, status, id)
CREATE INDEX tasks_running ON drover.tasks USING btree (org_id, agent) WHERE (status = 'running'::text)
CREATE INDEX tasks_to_claim ON drover.tasks USING btree (worker_type, org_id, agent, priority, place) WHERE (status = 'pending'::text)
CREATE INDEX tasks_waiting_for_children ON drover.tasks USING btree (id) WHERE ((status = 'waiting'::text) AND (waiting_for = 'children'::text))
CREATE TRIGGER admit BEFORE INSERT ON drover.tasks FOR EACH ROW EXECUTE FUNCTION drover.admit_new_task()
CREATE TRIGGER budget_was_raised BEFORE UPDATE OF status ON drover.tasks FOR EACH ROW WHEN (((new.status = 'waiting'::text) AND (new.waiting_for = 'limit'::text) AND ((new.failure ->> 'class'::text) = 'budget'::text))) EXECUTE FUNCTION drover.look_for_raised_budget()
CREATE TRIGGER close_question AFTER UPDATE OF status ON drover.tasks FOR EACH ROW WHEN (((old.status = 'waiting'::text) AND (new.status <> 'waiting'::text))) EXECUTE FUNCTION drover.close_question()
CREATE TRIGGER log_insert AFTER INSERT ON drover.tasks FOR EACH ROW EXECUTE FUNCTION drover.log_new_task()
CREATE TRIGGER log_update BEFORE UPDATE OF status ON drover.tasks FOR EACH ROW WHEN ((new.status IS DISTINCT FROM old.status)) EXECUTE FUNCTION drover.log_state_change()
CREATE TRIGGER notify AFTER INSERT OR UPDATE OF status ON drover.tasks FOR EACH ROW EXECUTE FUNCTION drover.notify_subscribers()
CREATE TRIGGER show AFTER INSERT OR UPDATE OF status ON drover.tasks FOR EACH ROW EXECUTE FUNCTION drover.show_task()
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table usage
  org_id text not null
  task_id text not null
  attempt integer not null
  agent text not null
  conversation_id text
  codebase_id text
  input_tokens bigint not null
  output_tokens bigint not null
  cache_read_tokens bigint not null
  cache_write_tokens bigint not null
  reasoning_tokens bigint not null
  usd numeric(12,6)
  basis text not null
  created_at timestamp with time zone not null default now()
  metered boolean not null default false
constraint usage_basis_check CHECK ((basis = ANY (ARRAY['agent'::text, 'priced'::text, 'unknown'::text])))
constraint usage_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint usage_org_id_task_id_fkey FOREIGN KEY (org_id, task_id) REFERENCES drover.tasks(org_id, id) ON DELETE CASCADE
constraint usage_pkey PRIMARY KEY (task_id, attempt)
CREATE INDEX usage_not_metered ON drover.usage USING btree (org_id, created_at) WHERE (NOT metered)
CREATE TRIGGER meter BEFORE INSERT ON drover.usage FOR EACH ROW EXECUTE FUNCTION drover.meter_run()
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table webhook_subscriptions
  id text not null
  org_id text not null
  place_id text not null
  url text not null
  events text[] not null
  task_id text
  created_at timestamp with time zone not null default now()
  disabled_at timestamp with time zone
  disabled_why text
constraint disabled_has_a_reason CHECK (((disabled_at IS NULL) = (disabled_why IS NULL)))
constraint webhook_subscriptions_events_check CHECK ((cardinality(events) > 0))
constraint webhook_subscriptions_id_check CHECK ((id ~~ 'whs\_%'::text))
constraint webhook_subscriptions_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint webhook_subscriptions_org_id_place_id_fkey FOREIGN KEY (org_id, place_id) REFERENCES drover.places(org_id, id)
constraint webhook_subscriptions_org_id_task_id_fkey FOREIGN KEY (org_id, task_id) REFERENCES drover.tasks(org_id, id) ON DELETE CASCADE
constraint webhook_subscriptions_pkey PRIMARY KEY (id)
CREATE INDEX webhook_subscriptions_of_org ON drover.webhook_subscriptions USING btree (org_id) WHERE (task_id IS NULL)
CREATE INDEX webhook_subscriptions_of_task ON drover.webhook_subscriptions USING btree (task_id) WHERE (task_id IS NOT NULL)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

table worker_types
  name text not null
  description text not null default ''::text
  capabilities text[] not null default '{}'::text[]
  image text
constraint worker_types_name_check CHECK ((name ~ '^[a-z][a-z0-9-]*$'::text))
constraint worker_types_pkey PRIMARY KEY (name)
grant select to drover_app
grant insert, select, update to drover_system

table workers
  id text not null
  host text not null
  boot_id text not null
  pid integer not null
  process_started text not null
  types text[] not null
  concurrency integer not null
  version text not null
  started_at timestamp with time zone not null default now()
  heartbeat_at timestamp with time zone not null default now()
  draining boolean not null default false
  stopped_at timestamp with time zone
constraint workers_id_check CHECK ((id ~~ 'wrk\_%'::text))
constraint workers_pkey PRIMARY KEY (id)
grant select to drover_app
grant delete, insert, select, update to drover_system

table workspaces
  conversation_id text not null
  host text not null
  org_id text not null
  codebase_id text not null
  directory text not null
  checkpoint_sha text
  pushed boolean not null default false
  last_used_at timestamp with time zone not null default now()
constraint workspaces_org_id_codebase_id_fkey FOREIGN KEY (org_id, codebase_id) REFERENCES drover.codebases(org_id, id)
constraint workspaces_org_id_conversation_id_fkey FOREIGN KEY (org_id, conversation_id) REFERENCES drover.conversations(org_id, id)
constraint workspaces_org_id_fkey FOREIGN KEY (org_id) REFERENCES drover.orgs(id)
constraint workspaces_pkey PRIMARY KEY (conversation_id, host)
CREATE INDEX workspaces_host_last_used_at_idx ON drover.workspaces USING btree (host, last_used_at)
row security enabled
row security forced
policy every_org for all to drover_system using true with check true
policy one_org for all to drover_app using (org_id = ( SELECT current_setting('drover.org_id'::text, true) AS current_setting))
grant delete, insert, select, update to drover_app
grant delete, insert, select, update to drover_system

sequence audit_log_seq_seq

sequence deliveries_seq_seq

sequence inbox_seq_seq

sequence migrations_id_seq

sequence task_places
grant usage to drover_app
grant usage to drover_system

sequence task_steers_seq_seq

CREATE OR REPLACE FUNCTION drover.admit_new_task()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.parent_id is not null and new.lane is not null
     and exists (select from tasks where id = new.parent_id and lane = new.lane) then
    raise exception 'a child in its parent''s lane would wait for the parent, which waits for it'
      using errcode = 'check_violation', constraint = 'child_has_its_own_lane';
  end if;
  perform lock_lane(new.org_id, new.lane);
  new.place := nextval('task_places');
  if new.worker_type = 'general' then
    new.worker_type := coalesce((select worker_type from agent_worker_types where agent = new.agent), 'general');
  end if;
  new.last_event := 1;
  new.status := case
    when new.lane is not null and lane_is_busy(new.org_id, new.lane) then 'queued'
    when new.run_at > now() then 'scheduled'
    else 'pending' end;
  return new;
end $function$
grant execute to drover_app
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.answer_task(p_id text, p_answer jsonb)
 RETURNS text
 LANGUAGE sql
AS $function$
  update tasks set status = 'pending', waiting_for = null, input = input || jsonb_build_object('answer', p_answer)
   where id = p_id and status = 'waiting' and waiting_for = 'input' returning status
$function$
grant execute to drover_app
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.append_events(p_id text, p_attempt integer, p_types text[], p_data jsonb[])
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
declare v_last bigint; v_org text;
begin
  update tasks set last_event = last_event + cardinality(p_types)
   where id = p_id and status = 'running' and attempt = p_attempt returning last_event, org_id into v_last, v_org;
  if not found then return null; end if;
  insert into task_events (task_id, seq, org_id, attempt, type, data)
  select p_id, v_last - cardinality(p_types) + e.n, v_org, p_attempt, e.type, e.data
    from unnest(p_types, p_data) with ordinality as e (type, data, n);
  perform tell('drover_events', p_id);
  return v_last;
end $function$
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.cancel_task(p_id text)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
declare t record; v_status text;
begin
  select org_id, lane, parent_id into t from tasks where id = p_id;
  perform lock_lane(t.org_id, t.lane);
  update tasks set cancel_requested = true,
         status = case when status = 'running' then 'running' else 'cancelled' end,
         waiting_for = null,
         finished_at = case when status = 'running' then null else now() end
   where id = p_id and status in ('queued', 'scheduled', 'pending', 'waiting', 'running') returning status into v_status;
  if v_status = 'running' then
    perform tell('drover_cancel', p_id);
  elsif v_status = 'cancelled' then
    -- Where it only stood in line, another one has the lane.
    if t.lane is not null and not lane_is_busy(t.org_id, t.lane) then perform open_lane(t.org_id, t.lane); end if;
    if t.parent_id is not null then perform tell_parent(t.parent_id); end if;
  end if;
  return v_status;
end $function$
grant execute to drover_app
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.claim_delivery(p_channels text[], p_lease_seconds integer)
 RETURNS TABLE(delivery text, turn bigint)
 LANGUAGE plpgsql
AS $function$
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
end $function$
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.claim_tasks(p_type text, p_worker text, p_count integer, p_lease_seconds integer)
 RETURNS SETOF drover.tasks
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare first record;
begin
  update tasks set status = 'pending', waiting_for = null where id in (
    select id from tasks where (status = 'scheduled' or (status = 'waiting' and waiting_for = 'limit')) and run_at <= now()
    order by run_at limit 500 for no key update skip locked);
  -- A look before the lock: a NOTIFY wakes every idle worker, and only the first will find anything.
  -- What it finds also seeds the walk, so that the dead entries at the head of the index are passed once.
  select t.org_id, t.agent, t.priority, t.place into first from tasks t
   where t.status = 'pending' and t.worker_type = p_type order by t.org_id, t.agent, t.priority, t.place limit 1;
  if not found then return; end if;
  perform pg_advisory_xact_lock(7231002);
  return query
  with recursive heads as (
    select first.org_id, first.agent, first.priority, first.place
    union all
    select next.* from heads h, lateral (
      select t.org_id, t.agent, t.priority, t.place from tasks t
       where t.status = 'pending' and t.worker_type = p_type and (t.org_id, t.agent) > (h.org_id, h.agent)
       order by t.org_id, t.agent, t.priority, t.place limit 1) next),
  running_of_org as (select t.org_id, count(*) as n from tasks t where t.status = 'running' group by 1),
  running_of_agent as (select t.agent, count(*) as n from tasks t where t.status = 'running' group by 1),
  -- `offset 0`: else the limits are looked up once for the comparison and once more for the row.
  groups as (
    select h.*, limit_of('org', h.org_id) - coalesce(o.n, 0) as org_room, limit_of('agent', h.agent) - coalesce(a.n, 0) as agent_room
      from heads h left join running_of_org o using (org_id) left join running_of_agent a using (agent) offset 0),
  -- The best n tasks lie in the n best groups.
  best_groups as (select * from groups where least(org_room, agent_room) > 0 order by priority, place limit p_count),
  candidates as (
    select c.id, c.priority, c.place, g.org_id, g.agent, g.org_room, g.agent_room
      from best_groups g, lateral (
        select t.id, t.priority, t.place from tasks t
         where t.status = 'pending' and t.worker_type = p_type and t.org_id = g.org_id and t.agent = g.agent
           and (t.priority, t.place) >= (g.priority, g.place)
         order by t.priority, t.place limit least(p_count, g.org_room, g.agent_room)) c),
  ranked as (
    select c.*, row_number() over (partition by c.org_id order by c.priority, c.place) as org_rank,
                row_number() over (partition by c.agent order by c.priority, c.place) as agent_rank from candidates c),
  picked as (select id from ranked where org_rank <= org_room and agent_rank <= agent_room order by priority, place limit p_count),
  -- By id alone: with the status in this condition, a plan made for few rows walks all that wait to find these.
  locked as (select t.id, t.status from tasks t where t.id = any (array(select p.id from picked p)) for no key update skip locked)
  update tasks t set status = 'running', attempt = t.attempt + 1, worker_id = p_worker,
         lease_expires_at = now() + make_interval(secs => p_lease_seconds), started_at = coalesce(t.started_at, now())
    from locked where t.id = locked.id and locked.status = 'pending' returning t.*;
end $function$
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.close_question()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  update questions set closed_at = now(), answer = case when new.status = 'pending' then new.input->'answer' end
   where task_id = new.id and closed_at is null;
  return null;
end $function$
grant execute to drover_app
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.deliver_to_places(p_conversation text, p_task text, p_question text, p_kind text, p_status text, p_content jsonb)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  insert into deliveries (id, org_id, place_id, channel, conversation_id, task_id, question_id, kind, status, content)
  select 'dlv_' || lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || substr(md5(random()::text || p.id), 1, 14),
         p.org_id, p.id, p.channel, p_conversation, p_task, p_question, p_kind, p_status, p_content
    from place_conversations pc join places p on p.id = pc.place_id
   where pc.conversation_id = p_conversation
     and (pc.mirror <> 'off' or p_task is null or p.id = (select place_id from tasks where id = p_task))
  on conflict do nothing;
end $function$
grant execute to drover_app
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.go_on_within_budget()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$

CREATE OR REPLACE FUNCTION drover.has_open_children(p_id text)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  return exists (select from tasks where parent_id = p_id and status not in ('completed', 'failed', 'cancelled'));
end $function$
grant execute to drover_app
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.heartbeat_tasks(p_worker text, p_lease_seconds integer)
 RETURNS TABLE(id text, attempt integer, cancel_requested boolean)
 LANGUAGE plpgsql
AS $function$
begin
  return query update tasks t set lease_expires_at = now() + make_interval(secs => p_lease_seconds)
   where t.status = 'running' and t.worker_id = p_worker returning t.id, t.attempt, t.cancel_requested;
end $function$
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.hold_fence(p_id text, p_attempt integer)
 RETURNS drover.held_task
 LANGUAGE plpgsql
AS $function$
declare t held_task;
begin
  select org_id, lane into t.org_id, t.lane from tasks where id = p_id;
  perform lock_lane(t.org_id, t.lane);
  -- `no key`: what only points at this row (a child, an event) need not wait.
  select id, org_id, lane, parent_id, failures, max_attempts, cancel_requested, lease_expires_at into t from tasks
   where id = p_id and status = 'running' and attempt = p_attempt for no key update;
  return t;
end $function$
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.lane_is_busy(p_org text, p_lane text)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  return exists (select from tasks where org_id = p_org and lane = p_lane and status in ('scheduled', 'pending', 'running', 'waiting'));
end $function$
grant execute to drover_app
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.leave_running(p_id text, p_attempt integer, p_status text, p_result jsonb DEFAULT NULL::jsonb, p_failure jsonb DEFAULT NULL::jsonb, p_run_at timestamp with time zone DEFAULT NULL::timestamp with time zone, p_waiting_for text DEFAULT NULL::text, p_counts boolean DEFAULT false, p_only_if_expired boolean DEFAULT false)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
declare t held_task := hold_fence(p_id, p_attempt); v_ended boolean := p_status in ('completed', 'failed', 'cancelled');
begin
  if t.id is null or (p_only_if_expired and t.lease_expires_at >= now()) then return null; end if;
  if t.cancel_requested and not v_ended then
    -- The cancel came too late for this run. There is to be no other, nor a wait for one.
    p_status := 'cancelled'; p_failure := null; p_counts := false;
  elsif p_counts and t.failures + 1 >= t.max_attempts then
    p_status := 'failed';
  end if;
  v_ended := p_status in ('completed', 'failed', 'cancelled');
  update tasks set
    failures = failures + p_counts::int, status = p_status,
    waiting_for = case when not v_ended then p_waiting_for end,
    run_at = coalesce(p_run_at, run_at), result = coalesce(p_result, result),
    -- A new question is not answered by the answer to the last one.
    input = case when p_waiting_for = 'input' then input - 'answer' else input end,
    -- What went wrong before stays only with an end that is not good.
    failure = case when p_status in ('failed', 'cancelled') then coalesce(p_failure, failure) else p_failure end,
    worker_id = null, lease_expires_at = null,
    finished_at = case when v_ended then now() end
   where id = p_id;
  if v_ended then
    -- The lane was ours alone.
    if t.lane is not null then perform open_lane(t.org_id, t.lane); end if;
    if t.parent_id is not null then perform tell_parent(t.parent_id); end if;
  end if;
  return p_status;
end $function$
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.limit_of(p_scope text, p_key text)
 RETURNS integer
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  if p_scope = 'agent' and exists (select from agent_pauses where agent = p_key and until > now()) then return 0; end if;
  return coalesce((select max_running from limits where scope = p_scope and key = p_key),
                  (select max_running from limits where scope = p_scope and key = '*'), 1000000);
end $function$
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.lock_lane(p_org text, p_lane text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  if p_lane is not null then perform pg_advisory_xact_lock(hashtextextended(p_org || '/' || p_lane, 1)); end if;
end $function$
grant execute to drover_app
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.log_new_task()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into task_events (task_id, seq, org_id, attempt, type, data)
  values (new.id, 1, new.org_id, 0, 'state', jsonb_build_object('to', new.status));
  if new.status = 'pending' then perform tell('drover_wake', new.worker_type); end if;
  return null;
end $function$
grant execute to drover_app
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.log_state_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.last_event := old.last_event + 1;
  insert into task_events (task_id, seq, org_id, attempt, type, data)
  values (new.id, new.last_event, new.org_id, new.attempt, 'state', jsonb_strip_nulls(jsonb_build_object(
    'from', old.status, 'to', new.status, 'waitingFor', new.waiting_for,
    'runAt', case when new.status = 'scheduled' or new.waiting_for = 'limit' then new.run_at end,
    'failure', case when new.failure is distinct from old.failure then new.failure end)));
  if new.status = 'pending' then perform tell('drover_wake', new.worker_type); end if;
  perform tell('drover_events', new.id);
  return new;
end $function$
grant execute to drover_app
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.look_for_raised_budget()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$

CREATE OR REPLACE FUNCTION drover.memory_words(p_text text)
 RETURNS tsvector
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select to_tsvector('pg_catalog.simple', translate(p_text, './_-:@', '      '))
$function$
grant execute to drover_app
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.meter_run()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$

CREATE OR REPLACE FUNCTION drover.note_first_budget()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into budget_raises (org_id, at) values (new.org_id, '-infinity') on conflict (org_id) do nothing;
  return null;
end $function$

CREATE OR REPLACE FUNCTION drover.notify_subscribers()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$
grant execute to drover_app
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.open_lane(p_org text, p_lane text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  update tasks set status = case when run_at > now() then 'scheduled' else 'pending' end
   where id = (select id from tasks where org_id = p_org and lane = p_lane and status = 'queued' order by place limit 1);
end $function$
grant execute to drover_app
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.park_task(p_id text, p_attempt integer, p_waiting_for text, p_until timestamp with time zone, p_failure jsonb)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
declare v_status text := leave_running(p_id, p_attempt, 'waiting', null, p_failure, p_until, p_waiting_for);
begin
  if v_status = 'waiting' and p_waiting_for = 'children' then perform tell_parent(p_id); end if;
  return v_status;
end $function$
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.protect_tenant_table(name regclass)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  execute format('alter table %s enable row level security', name);
  execute format('alter table %s force row level security', name);
  -- As a sub-select the setting is read once a query, not once a row.
  execute format('create policy one_org on %s to drover_app using (org_id = (select current_setting(''drover.org_id'', true)))', name);
  execute format('create policy every_org on %s to drover_system using (true) with check (true)', name);
  execute format('grant select, insert, update, delete on %s to drover_app, drover_system', name);
end $function$
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.reap_task()
 RETURNS TABLE(task_id text, attempt integer, became text)
 LANGUAGE plpgsql
AS $function$
declare t record;
begin
  select tasks.id, tasks.attempt into t from tasks
   where tasks.status = 'running' and tasks.lease_expires_at < now() order by tasks.lease_expires_at limit 1;
  if found then
    return query select t.id, t.attempt, leave_running(t.id, t.attempt, 'pending', null,
      jsonb_build_object('class', 'crashed', 'message', 'The worker was lost in the middle of the work.'), null, null, true, true);
    return;
  end if;
  -- A child may have ended in the very moment in which its parent began to wait.
  for t in select p.id, p.attempt from tasks p where p.status = 'waiting' and p.waiting_for = 'children' and not has_open_children(p.id) limit 1 loop
    perform tell_parent(t.id);
    return query select t.id, t.attempt, 'pending';
  end loop;
end $function$
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.requeue_task(p_id text, p_prompt text)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
declare t record; v_status text;
begin
  select org_id, lane into t from tasks where id = p_id;
  perform lock_lane(t.org_id, t.lane);
  update tasks set
    status = case when t.lane is not null and lane_is_busy(t.org_id, t.lane) then 'queued' else 'pending' end,
    place = nextval('task_places'), run_at = now(), failures = 0, cancel_requested = false, finished_at = null,
    result = null, failure = null, prompt = coalesce(p_prompt, prompt),
    -- Another prompt is other work: it does not go on where the old one stopped.
    checkpoint = case when p_prompt is null then checkpoint else '{}' end
   where id = p_id and status in ('failed', 'cancelled') returning status into v_status;
  return v_status;
end $function$
grant execute to drover_app
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.retry_task_later(p_id text, p_attempt integer, p_failure jsonb, p_delay_ms bigint, p_counts boolean)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
begin
  return leave_running(p_id, p_attempt, case when p_delay_ms > 0 then 'scheduled' else 'pending' end, null, p_failure,
                       now() + p_delay_ms * interval '1 millisecond', null, p_counts);
end $function$
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.settle_task(p_id text, p_attempt integer, p_status text, p_result jsonb, p_failure jsonb)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
begin
  return leave_running(p_id, p_attempt, p_status, p_result, p_failure);
end $function$
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.show_question()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'INSERT' then
    perform deliver_to_places(new.conversation_id, new.task_id, new.id, 'question', 'pending', '{}');
  elsif old.closed_at is null and new.closed_at is not null then
    -- All copies lose their buttons. One that was never sent need not be any more, unless it says something new.
    update deliveries set status = 'pending', run_at = least(run_at, now()) where question_id = new.id and status = 'sent';
  end if;
  return null;
end $function$
grant execute to drover_app
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.show_task()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$
grant execute to drover_app
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.spent_of(b drover.budgets, p_until timestamp with time zone DEFAULT 'infinity'::timestamp with time zone)
 RETURNS TABLE(calls bigint, tokens bigint, usd numeric, unpriced bigint)
 LANGUAGE plpgsql
 STABLE
AS $function$
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
end $function$
grant execute to drover_app
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.tell(p_channel text, p_payload text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  v_before text := coalesce(current_setting('drover.to_tell', true), '');
  v_line text := p_channel || ' ' || p_payload || E'\n';
begin
  if position(v_line in v_before) = 0 then perform set_config('drover.to_tell', v_before || v_line, false); end if;
end $function$
grant execute to drover_app
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.tell_console()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform tell('drover_console', (select room from places where id = new.place_id));
  return null;
end $function$
grant execute to drover_app
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.tell_inbound()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform tell('drover_inbox', new.channel);
  return null;
end $function$
grant execute to drover_app
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.tell_outbound()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.status = 'pending' or tg_op = 'INSERT' then perform tell('drover_outbox', new.channel); end if;
  return null;
end $function$
grant execute to drover_app
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.tell_parent(p_parent text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  perform from tasks where id = p_parent and status = 'waiting' and waiting_for = 'children' for no key update;
  if found and not has_open_children(p_parent) then
    update tasks set status = 'pending', waiting_for = null where id = p_parent and status = 'waiting' and waiting_for = 'children';
  end if;
end $function$
grant execute to drover_app
grant execute to drover_system

CREATE OR REPLACE FUNCTION drover.tell_relay()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'INSERT' then
    perform tell('drover_relay', new.channel_id);
  else
    -- Whoever posted it may still wait for an answer.
    perform tell('drover_relay_answer', new.channel_id || '/' || new.seq);
  end if;
  return null;
end $function$
grant execute to drover_system
