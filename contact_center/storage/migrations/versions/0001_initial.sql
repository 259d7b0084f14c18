-- The first schema, as storage/tables.py was at its first release. Later changes are revisions.

CREATE TABLE workspace (
  id SERIAL NOT NULL,
  name TEXT NOT NULL,
  sealing_key_id TEXT NOT NULL,
  locale TEXT DEFAULT 'ru' NOT NULL,
  zone TEXT DEFAULT 'Europe/Minsk' NOT NULL,
  demo BOOLEAN DEFAULT false NOT NULL,
  era INTEGER DEFAULT '1' NOT NULL,
  settings JSONB DEFAULT '{}'::jsonb NOT NULL,
  version INTEGER DEFAULT '1' NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_workspace PRIMARY KEY (id),
  CONSTRAINT ck_workspace_single CHECK (id = 1)
);

CREATE TABLE brands (
  id UUID NOT NULL,
  name TEXT NOT NULL,
  locale TEXT DEFAULT 'ru' NOT NULL,
  zone TEXT DEFAULT 'Europe/Minsk' NOT NULL,
  data JSONB DEFAULT '{}'::jsonb NOT NULL,
  archived_at TIMESTAMP WITH TIME ZONE,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_brands PRIMARY KEY (id),
  CONSTRAINT uq_brands_name UNIQUE (name)
);

CREATE TABLE departments (
  id UUID NOT NULL,
  name TEXT NOT NULL,
  parent_id UUID,
  archived_at TIMESTAMP WITH TIME ZONE,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_departments PRIMARY KEY (id),
  CONSTRAINT uq_departments_name UNIQUE (name),
  CONSTRAINT fk_departments_parent_id FOREIGN KEY(parent_id) REFERENCES departments (id)
);

CREATE TABLE kinds (
  id UUID NOT NULL,
  code TEXT NOT NULL,
  title JSONB DEFAULT '{}'::jsonb NOT NULL,
  position INTEGER DEFAULT '0' NOT NULL,
  archived_at TIMESTAMP WITH TIME ZONE,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_kinds PRIMARY KEY (id),
  CONSTRAINT uq_kinds_code UNIQUE (code)
);

CREATE TABLE touchpoints (
  id UUID NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  title TEXT NOT NULL,
  data JSONB DEFAULT '{}'::jsonb NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_touchpoints PRIMARY KEY (id),
  CONSTRAINT uq_touchpoints_kind_key UNIQUE (kind, key),
  CONSTRAINT ck_touchpoints_kind CHECK (kind IN ('account', 'site', 'campaign', 'number', 'shop', 'point_of_sale'))
);

CREATE TABLE employees (
  id UUID NOT NULL,
  email TEXT NOT NULL,
  name TEXT NOT NULL,
  password_hash TEXT,
  role TEXT NOT NULL,
  state TEXT DEFAULT 'active' NOT NULL,
  locale TEXT DEFAULT 'ru' NOT NULL,
  zone TEXT DEFAULT 'Europe/Minsk' NOT NULL,
  settings JSONB DEFAULT '{}'::jsonb NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_employees PRIMARY KEY (id),
  CONSTRAINT ck_employees_role CHECK (role IN ('operator', 'supervisor', 'administrator', 'light')),
  CONSTRAINT ck_employees_state CHECK (state IN ('invited', 'active', 'disabled'))
);

CREATE UNIQUE INDEX uq_employees_email ON employees (lower(email));

CREATE TABLE skills (
  id UUID NOT NULL,
  code TEXT NOT NULL,
  title JSONB DEFAULT '{}'::jsonb NOT NULL,
  archived_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_skills PRIMARY KEY (id),
  CONSTRAINT uq_skills_code UNIQUE (code)
);

CREATE TABLE break_reasons (
  id UUID NOT NULL,
  code TEXT NOT NULL,
  title JSONB DEFAULT '{}'::jsonb NOT NULL,
  position INTEGER DEFAULT '0' NOT NULL,
  archived_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_break_reasons PRIMARY KEY (id),
  CONSTRAINT uq_break_reasons_code UNIQUE (code)
);

CREATE TABLE attempts (
  key TEXT NOT NULL,
  count INTEGER DEFAULT '0' NOT NULL,
  window_start TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_attempts PRIMARY KEY (key)
);

CREATE TABLE leases (
  name TEXT NOT NULL,
  holder TEXT NOT NULL,
  token BIGINT DEFAULT '1' NOT NULL,
  until TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_leases PRIMARY KEY (name)
);

CREATE TABLE events (
  seq BIGINT GENERATED ALWAYS AS IDENTITY,
  xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
  kind TEXT NOT NULL,
  subject_kind TEXT NOT NULL,
  subject_id UUID,
  version INTEGER DEFAULT '1' NOT NULL,
  identity_id UUID,
  actor TEXT NOT NULL,
  cause TEXT DEFAULT '' NOT NULL,
  data JSONB DEFAULT '{}'::jsonb NOT NULL,
  at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT pk_events PRIMARY KEY (seq)
);

CREATE INDEX ix_events_subject ON events (subject_id, seq);

CREATE INDEX ix_events_order ON events (xid, seq);

CREATE TABLE installed_functions (
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  CONSTRAINT pk_installed_functions PRIMARY KEY (name)
);

CREATE TABLE cursors (
  reader TEXT NOT NULL,
  era INTEGER DEFAULT '1' NOT NULL,
  xid xid8 NOT NULL,
  seq BIGINT NOT NULL,
  moved_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_cursors PRIMARY KEY (reader)
);

CREATE TABLE checkpoints (
  id UUID NOT NULL,
  era INTEGER DEFAULT '1' NOT NULL,
  xid xid8 NOT NULL,
  seq BIGINT NOT NULL,
  state JSONB DEFAULT '{}'::jsonb NOT NULL,
  at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_checkpoints PRIMARY KEY (id)
);

CREATE TABLE inbound_keys (
  account_id UUID NOT NULL,
  external_id TEXT NOT NULL,
  at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_inbound_keys PRIMARY KEY (account_id, external_id)
);

CREATE TABLE raw_events (
  id UUID NOT NULL,
  account_id UUID NOT NULL,
  external_id TEXT NOT NULL,
  body BYTEA NOT NULL,
  received_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_raw_events PRIMARY KEY (id)
);

CREATE INDEX ix_raw_events_external ON raw_events (account_id, external_id);

CREATE TABLE parked_changes (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  account_id UUID NOT NULL,
  target TEXT NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_parked_changes PRIMARY KEY (id),
  CONSTRAINT ck_parked_changes_kind CHECK (kind IN ('edit', 'delete'))
);

CREATE INDEX ix_parked_changes_target ON parked_changes (account_id, target);

CREATE TABLE jobs (
  id UUID NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  due_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  payload JSONB DEFAULT '{}'::jsonb NOT NULL,
  state TEXT DEFAULT 'waiting' NOT NULL,
  attempts INTEGER DEFAULT '0' NOT NULL,
  owner TEXT,
  claim_until TIMESTAMP WITH TIME ZONE,
  error TEXT,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  ended_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_jobs PRIMARY KEY (id),
  CONSTRAINT ck_jobs_state CHECK (state IN ('waiting', 'running', 'done', 'dead'))
);

CREATE INDEX ix_jobs_due ON jobs (due_at) WHERE state IN ('waiting','running');

CREATE UNIQUE INDEX uq_jobs_live ON jobs (kind, key) WHERE state IN ('waiting','running');

CREATE TABLE idempotency_keys (
  actor TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint BYTEA NOT NULL,
  status INTEGER,
  answer BYTEA,
  at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_idempotency_keys PRIMARY KEY (actor, key)
);

CREATE TABLE queues (
  id UUID NOT NULL,
  name TEXT NOT NULL,
  department_id UUID NOT NULL,
  brand_id UUID,
  zone TEXT DEFAULT 'Europe/Minsk' NOT NULL,
  hours JSONB DEFAULT '{}'::jsonb NOT NULL,
  priority_seconds INTEGER DEFAULT '0' NOT NULL,
  offer_seconds INTEGER DEFAULT '45' NOT NULL,
  wrap_up_seconds INTEGER DEFAULT '60' NOT NULL,
  wrap_up_code_required BOOLEAN DEFAULT true NOT NULL,
  follow_up_minutes INTEGER DEFAULT '1440' NOT NULL,
  preferred_hold_seconds INTEGER DEFAULT '60' NOT NULL,
  offline_text JSONB DEFAULT '{}'::jsonb NOT NULL,
  data JSONB DEFAULT '{}'::jsonb NOT NULL,
  archived_at TIMESTAMP WITH TIME ZONE,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_queues PRIMARY KEY (id),
  CONSTRAINT uq_queues_name UNIQUE (name),
  CONSTRAINT ck_queues_offer_seconds CHECK (offer_seconds BETWEEN 5 AND 3600),
  CONSTRAINT fk_queues_department_id FOREIGN KEY(department_id) REFERENCES departments (id),
  CONSTRAINT fk_queues_brand_id FOREIGN KEY(brand_id) REFERENCES brands (id)
);

CREATE TABLE department_members (
  department_id UUID NOT NULL,
  employee_id UUID NOT NULL,
  CONSTRAINT pk_department_members PRIMARY KEY (department_id, employee_id),
  CONSTRAINT fk_department_members_department_id FOREIGN KEY(department_id) REFERENCES departments (id),
  CONSTRAINT fk_department_members_employee_id FOREIGN KEY(employee_id) REFERENCES employees (id)
);

CREATE INDEX ix_department_members_employee_id ON department_members (employee_id);

CREATE TABLE employee_skills (
  employee_id UUID NOT NULL,
  skill_id UUID NOT NULL,
  level SMALLINT NOT NULL,
  CONSTRAINT pk_employee_skills PRIMARY KEY (employee_id, skill_id),
  CONSTRAINT ck_employee_skills_level CHECK (level BETWEEN 1 AND 5),
  CONSTRAINT fk_employee_skills_employee_id FOREIGN KEY(employee_id) REFERENCES employees (id),
  CONSTRAINT fk_employee_skills_skill_id FOREIGN KEY(skill_id) REFERENCES skills (id)
);

CREATE TABLE operators (
  id UUID NOT NULL,
  presence TEXT DEFAULT 'offline' NOT NULL,
  presence_reason TEXT,
  presence_since TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  presence_next TEXT,
  budget INTEGER DEFAULT '100' NOT NULL,
  used INTEGER DEFAULT '0' NOT NULL,
  ceilings JSONB DEFAULT '{}'::jsonb NOT NULL,
  load JSONB DEFAULT '{}'::jsonb NOT NULL,
  idle_since TIMESTAMP WITH TIME ZONE,
  misses INTEGER DEFAULT '0' NOT NULL,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_operators PRIMARY KEY (id),
  CONSTRAINT ck_operators_presence CHECK (presence IN ('ready', 'break', 'offline', 'not_answering')),
  CONSTRAINT ck_operators_used CHECK (used >= 0),
  CONSTRAINT fk_operators_id FOREIGN KEY(id) REFERENCES employees (id)
);

CREATE TABLE presence_history (
  id UUID NOT NULL,
  employee_id UUID NOT NULL,
  presence TEXT NOT NULL,
  reason TEXT,
  cause TEXT NOT NULL,
  started_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  ended_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_presence_history PRIMARY KEY (id),
  CONSTRAINT fk_presence_history_employee_id FOREIGN KEY(employee_id) REFERENCES employees (id)
);

CREATE UNIQUE INDEX uq_presence_history_open ON presence_history (employee_id) WHERE ended_at IS NULL;

CREATE INDEX ix_presence_history_employee_id ON presence_history (employee_id, started_at);

CREATE TABLE operator_sessions (
  id UUID NOT NULL,
  employee_id UUID NOT NULL,
  node TEXT NOT NULL,
  opened_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  closed_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_operator_sessions PRIMARY KEY (id),
  CONSTRAINT fk_operator_sessions_employee_id FOREIGN KEY(employee_id) REFERENCES employees (id)
);

CREATE INDEX ix_operator_sessions_employee_id ON operator_sessions (employee_id);

CREATE TABLE login_sessions (
  id_hash BYTEA NOT NULL,
  employee_id UUID NOT NULL,
  csrf TEXT NOT NULL,
  address TEXT NOT NULL,
  agent TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  revoked_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_login_sessions PRIMARY KEY (id_hash),
  CONSTRAINT fk_login_sessions_employee_id FOREIGN KEY(employee_id) REFERENCES employees (id)
);

CREATE INDEX ix_login_sessions_employee_id ON login_sessions (employee_id);

CREATE TABLE one_time_links (
  hash BYTEA NOT NULL,
  purpose TEXT NOT NULL,
  employee_id UUID,
  expires_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  used_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_one_time_links PRIMARY KEY (hash),
  CONSTRAINT fk_one_time_links_employee_id FOREIGN KEY(employee_id) REFERENCES employees (id)
);

CREATE TABLE api_tokens (
  id UUID NOT NULL,
  hash BYTEA NOT NULL,
  employee_id UUID NOT NULL,
  title TEXT NOT NULL,
  scopes JSONB NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  used_at TIMESTAMP WITH TIME ZONE,
  expires_at TIMESTAMP WITH TIME ZONE,
  revoked_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_api_tokens PRIMARY KEY (id),
  CONSTRAINT uq_api_tokens_hash UNIQUE (hash),
  CONSTRAINT fk_api_tokens_employee_id FOREIGN KEY(employee_id) REFERENCES employees (id)
);

CREATE TABLE clients (
  id UUID NOT NULL,
  kind TEXT DEFAULT 'person' NOT NULL,
  name TEXT NOT NULL,
  locale TEXT,
  stage TEXT DEFAULT 'learns' NOT NULL,
  company_id UUID,
  responsible_id UUID,
  touchpoint_id UUID,
  fields JSONB DEFAULT '{}'::jsonb NOT NULL,
  merged_into UUID,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  changed_at TIMESTAMP WITH TIME ZONE,
  erased_at TIMESTAMP WITH TIME ZONE,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_clients PRIMARY KEY (id),
  CONSTRAINT ck_clients_kind CHECK (kind IN ('person', 'company', 'public_body')),
  CONSTRAINT fk_clients_company_id FOREIGN KEY(company_id) REFERENCES clients (id),
  CONSTRAINT fk_clients_responsible_id FOREIGN KEY(responsible_id) REFERENCES employees (id),
  CONSTRAINT fk_clients_touchpoint_id FOREIGN KEY(touchpoint_id) REFERENCES touchpoints (id),
  CONSTRAINT fk_clients_merged_into FOREIGN KEY(merged_into) REFERENCES clients (id)
);

CREATE INDEX ix_clients_merged_into ON clients (merged_into);

CREATE INDEX ix_clients_name_trgm ON clients USING gin (name gin_trgm_ops);

CREATE TABLE result_codes (
  id UUID NOT NULL,
  code TEXT NOT NULL,
  title JSONB DEFAULT '{}'::jsonb NOT NULL,
  queue_id UUID,
  position INTEGER DEFAULT '0' NOT NULL,
  archived_at TIMESTAMP WITH TIME ZONE,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_result_codes PRIMARY KEY (id),
  CONSTRAINT uq_result_codes_code UNIQUE (code),
  CONSTRAINT fk_result_codes_queue_id FOREIGN KEY(queue_id) REFERENCES queues (id)
);

CREATE TABLE queue_members (
  queue_id UUID NOT NULL,
  employee_id UUID NOT NULL,
  CONSTRAINT pk_queue_members PRIMARY KEY (queue_id, employee_id),
  CONSTRAINT fk_queue_members_queue_id FOREIGN KEY(queue_id) REFERENCES queues (id),
  CONSTRAINT fk_queue_members_employee_id FOREIGN KEY(employee_id) REFERENCES employees (id)
);

CREATE INDEX ix_queue_members_employee_id ON queue_members (employee_id);

CREATE TABLE accounts (
  id UUID NOT NULL,
  provider TEXT NOT NULL,
  title TEXT NOT NULL,
  medium TEXT NOT NULL,
  brand_id UUID NOT NULL,
  queue_id UUID NOT NULL,
  touchpoint_id UUID,
  public_key TEXT NOT NULL,
  settings JSONB DEFAULT '{}'::jsonb NOT NULL,
  secrets BYTEA,
  state TEXT DEFAULT 'on' NOT NULL,
  health TEXT DEFAULT 'unknown' NOT NULL,
  health_text TEXT,
  health_at TIMESTAMP WITH TIME ZONE,
  last_in_at TIMESTAMP WITH TIME ZONE,
  last_out_at TIMESTAMP WITH TIME ZONE,
  cursor JSONB DEFAULT '{}'::jsonb NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  archived_at TIMESTAMP WITH TIME ZONE,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_accounts PRIMARY KEY (id),
  CONSTRAINT uq_accounts_public_key UNIQUE (public_key),
  CONSTRAINT ck_accounts_state CHECK (state IN ('on', 'off')),
  CONSTRAINT ck_accounts_health CHECK (health IN ('unknown', 'green', 'yellow', 'red')),
  CONSTRAINT fk_accounts_brand_id FOREIGN KEY(brand_id) REFERENCES brands (id),
  CONSTRAINT fk_accounts_queue_id FOREIGN KEY(queue_id) REFERENCES queues (id),
  CONSTRAINT fk_accounts_touchpoint_id FOREIGN KEY(touchpoint_id) REFERENCES touchpoints (id)
);

CREATE TABLE identities (
  id UUID NOT NULL,
  client_id UUID NOT NULL,
  medium TEXT NOT NULL,
  value TEXT NOT NULL,
  name TEXT DEFAULT '' NOT NULL,
  proof TEXT DEFAULT 'claimed' NOT NULL,
  touchpoint_id UUID,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  seen_at TIMESTAMP WITH TIME ZONE,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_identities PRIMARY KEY (id),
  CONSTRAINT uq_identities_medium_value UNIQUE (medium, value),
  CONSTRAINT ck_identities_proof CHECK (proof IN ('claimed', 'provider', 'signed', 'confirmed')),
  CONSTRAINT fk_identities_client_id FOREIGN KEY(client_id) REFERENCES clients (id),
  CONSTRAINT fk_identities_touchpoint_id FOREIGN KEY(touchpoint_id) REFERENCES touchpoints (id)
);

CREATE INDEX ix_identities_client_id ON identities (client_id);

CREATE INDEX ix_identities_value_trgm ON identities USING gin (value gin_trgm_ops);

CREATE TABLE merges (
  id UUID NOT NULL,
  winner_id UUID NOT NULL,
  loser_id UUID NOT NULL,
  reason TEXT DEFAULT '' NOT NULL,
  merged_by UUID,
  merged_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  undone_by UUID,
  undone_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_merges PRIMARY KEY (id),
  CONSTRAINT fk_merges_winner_id FOREIGN KEY(winner_id) REFERENCES clients (id),
  CONSTRAINT fk_merges_loser_id FOREIGN KEY(loser_id) REFERENCES clients (id),
  CONSTRAINT fk_merges_merged_by FOREIGN KEY(merged_by) REFERENCES employees (id),
  CONSTRAINT fk_merges_undone_by FOREIGN KEY(undone_by) REFERENCES employees (id)
);

CREATE INDEX ix_merges_loser_id ON merges (loser_id);

CREATE INDEX ix_merges_winner_id ON merges (winner_id);

CREATE TABLE stage_history (
  id UUID NOT NULL,
  client_id UUID NOT NULL,
  stage TEXT NOT NULL,
  cause TEXT NOT NULL,
  at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_stage_history PRIMARY KEY (id),
  CONSTRAINT fk_stage_history_client_id FOREIGN KEY(client_id) REFERENCES clients (id)
);

CREATE INDEX ix_stage_history_client ON stage_history (client_id, at);

CREATE TABLE client_notes (
  id UUID NOT NULL,
  client_id UUID NOT NULL,
  employee_id UUID,
  text TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_client_notes PRIMARY KEY (id),
  CONSTRAINT fk_client_notes_client_id FOREIGN KEY(client_id) REFERENCES clients (id),
  CONSTRAINT fk_client_notes_employee_id FOREIGN KEY(employee_id) REFERENCES employees (id)
);

CREATE INDEX ix_client_notes_client_id ON client_notes (client_id);

CREATE TABLE merge_moves (
  merge_id UUID NOT NULL,
  seq INTEGER NOT NULL,
  identity_id UUID NOT NULL,
  from_client_id UUID NOT NULL,
  to_client_id UUID NOT NULL,
  left_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_merge_moves PRIMARY KEY (merge_id, seq),
  CONSTRAINT fk_merge_moves_merge_id FOREIGN KEY(merge_id) REFERENCES merges (id),
  CONSTRAINT fk_merge_moves_identity_id FOREIGN KEY(identity_id) REFERENCES identities (id),
  CONSTRAINT fk_merge_moves_from_client_id FOREIGN KEY(from_client_id) REFERENCES clients (id),
  CONSTRAINT fk_merge_moves_to_client_id FOREIGN KEY(to_client_id) REFERENCES clients (id)
);

CREATE INDEX ix_merge_moves_identity ON merge_moves (identity_id) WHERE left_at IS NULL;

CREATE TABLE client_changes (
  id UUID NOT NULL,
  client_id UUID NOT NULL,
  identity_id UUID,
  field TEXT NOT NULL,
  "old" JSONB,
  "new" JSONB,
  source TEXT NOT NULL,
  employee_id UUID,
  at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_client_changes PRIMARY KEY (id),
  CONSTRAINT fk_client_changes_client_id FOREIGN KEY(client_id) REFERENCES clients (id),
  CONSTRAINT fk_client_changes_identity_id FOREIGN KEY(identity_id) REFERENCES identities (id),
  CONSTRAINT fk_client_changes_employee_id FOREIGN KEY(employee_id) REFERENCES employees (id)
);

CREATE INDEX ix_client_changes_client_id ON client_changes (client_id, at);

CREATE TABLE consents (
  id UUID NOT NULL,
  identity_id UUID NOT NULL,
  purpose TEXT NOT NULL,
  granted BOOLEAN DEFAULT false NOT NULL,
  text_version TEXT NOT NULL,
  source TEXT NOT NULL,
  at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_consents PRIMARY KEY (id),
  CONSTRAINT fk_consents_identity_id FOREIGN KEY(identity_id) REFERENCES identities (id)
);

CREATE INDEX ix_consents_identity_id ON consents (identity_id);

CREATE TABLE contacts (
  id UUID NOT NULL,
  number BIGINT GENERATED BY DEFAULT AS IDENTITY,
  account_id UUID NOT NULL,
  conversation_key TEXT NOT NULL,
  medium TEXT NOT NULL,
  brand_id UUID NOT NULL,
  queue_id UUID NOT NULL,
  identity_id UUID NOT NULL,
  touchpoint_id UUID,
  kind_id UUID,
  result_code_id UUID,
  operator_id UUID,
  follows_id UUID,
  state TEXT DEFAULT 'open' NOT NULL,
  subject TEXT,
  locale TEXT,
  priority_seconds INTEGER DEFAULT '0' NOT NULL,
  last_seq INTEGER DEFAULT '0' NOT NULL,
  last_text TEXT DEFAULT '' NOT NULL,
  last_kind TEXT DEFAULT '' NOT NULL,
  last_at TIMESTAMP WITH TIME ZONE,
  awaiting TEXT DEFAULT 'us' NOT NULL,
  waiting_since TIMESTAMP WITH TIME ZONE,
  first_reply_at TIMESTAMP WITH TIME ZONE,
  spam BOOLEAN DEFAULT false NOT NULL,
  automatic BOOLEAN DEFAULT false NOT NULL,
  snoozed_until TIMESTAMP WITH TIME ZONE,
  data JSONB DEFAULT '{}'::jsonb NOT NULL,
  opened_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  closed_at TIMESTAMP WITH TIME ZONE,
  closed_by UUID,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_contacts PRIMARY KEY (id),
  CONSTRAINT ck_contacts_state CHECK (state IN ('open', 'closed')),
  CONSTRAINT ck_contacts_awaiting CHECK (awaiting IN ('us', 'client', 'nobody')),
  CONSTRAINT uq_contacts_number UNIQUE (number),
  CONSTRAINT fk_contacts_account_id FOREIGN KEY(account_id) REFERENCES accounts (id),
  CONSTRAINT fk_contacts_brand_id FOREIGN KEY(brand_id) REFERENCES brands (id),
  CONSTRAINT fk_contacts_queue_id FOREIGN KEY(queue_id) REFERENCES queues (id),
  CONSTRAINT fk_contacts_identity_id FOREIGN KEY(identity_id) REFERENCES identities (id),
  CONSTRAINT fk_contacts_touchpoint_id FOREIGN KEY(touchpoint_id) REFERENCES touchpoints (id),
  CONSTRAINT fk_contacts_kind_id FOREIGN KEY(kind_id) REFERENCES kinds (id),
  CONSTRAINT fk_contacts_result_code_id FOREIGN KEY(result_code_id) REFERENCES result_codes (id),
  CONSTRAINT fk_contacts_operator_id FOREIGN KEY(operator_id) REFERENCES employees (id),
  CONSTRAINT fk_contacts_follows_id FOREIGN KEY(follows_id) REFERENCES contacts (id),
  CONSTRAINT fk_contacts_closed_by FOREIGN KEY(closed_by) REFERENCES employees (id)
) WITH (fillfactor = 80);

CREATE INDEX ix_contacts_identity_id ON contacts (identity_id, opened_at);

CREATE INDEX ix_contacts_operator_closed ON contacts (operator_id, closed_at) WHERE state = 'closed';

CREATE INDEX ix_contacts_conversation ON contacts (account_id, conversation_key, closed_at);

CREATE INDEX ix_contacts_closed ON contacts (queue_id, closed_at) WHERE state = 'closed';

CREATE INDEX ix_contacts_subject_trgm ON contacts USING gin (subject gin_trgm_ops) WHERE subject IS NOT NULL;

CREATE UNIQUE INDEX uq_contacts_open ON contacts (account_id, conversation_key) WHERE state = 'open';

CREATE INDEX ix_contacts_queue_open ON contacts (queue_id) WHERE state = 'open';

CREATE INDEX ix_contacts_queue_opened ON contacts (queue_id, opened_at);

CREATE INDEX ix_contacts_operator_opened ON contacts (operator_id, opened_at) WHERE operator_id IS NOT NULL;

CREATE INDEX ix_contacts_operator_open ON contacts (operator_id) WHERE state = 'open';

CREATE TABLE quarantine (
  id UUID NOT NULL,
  account_id UUID NOT NULL,
  kind TEXT NOT NULL,
  error TEXT NOT NULL,
  request BYTEA NOT NULL,
  state TEXT DEFAULT 'waiting' NOT NULL,
  attempts INTEGER DEFAULT '1' NOT NULL,
  received_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  settled_at TIMESTAMP WITH TIME ZONE,
  settled_by UUID,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_quarantine PRIMARY KEY (id),
  CONSTRAINT ck_quarantine_kind CHECK (kind IN ('malformed', 'poison', 'unsupported')),
  CONSTRAINT ck_quarantine_state CHECK (state IN ('waiting', 'replayed', 'dropped')),
  CONSTRAINT fk_quarantine_account_id FOREIGN KEY(account_id) REFERENCES accounts (id),
  CONSTRAINT fk_quarantine_settled_by FOREIGN KEY(settled_by) REFERENCES employees (id)
);

CREATE INDEX ix_quarantine_state ON quarantine (state, received_at);

CREATE TABLE outbox_lines (
  id UUID NOT NULL,
  account_id UUID NOT NULL,
  conversation_key TEXT NOT NULL,
  last_seq INTEGER DEFAULT '0' NOT NULL,
  CONSTRAINT pk_outbox_lines PRIMARY KEY (id),
  CONSTRAINT uq_outbox_lines_account_id_conversation_key UNIQUE (account_id, conversation_key),
  CONSTRAINT fk_outbox_lines_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);

CREATE TABLE participants (
  contact_id UUID NOT NULL,
  identity_id UUID NOT NULL,
  role TEXT DEFAULT 'owner' NOT NULL,
  verified BOOLEAN DEFAULT false NOT NULL,
  joined_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_participants PRIMARY KEY (contact_id, identity_id),
  CONSTRAINT fk_participants_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id),
  CONSTRAINT fk_participants_identity_id FOREIGN KEY(identity_id) REFERENCES identities (id)
);

CREATE INDEX ix_participants_identity_id ON participants (identity_id);

CREATE TABLE messages (
  id UUID NOT NULL,
  contact_id UUID NOT NULL,
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL,
  identity_id UUID,
  employee_id UUID,
  text TEXT DEFAULT '' NOT NULL,
  external_id TEXT,
  client_msg_id TEXT,
  reply_to UUID,
  data JSONB DEFAULT '{}'::jsonb NOT NULL,
  provider_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  edited_at TIMESTAMP WITH TIME ZONE,
  deleted_at TIMESTAMP WITH TIME ZONE,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_messages PRIMARY KEY (id),
  CONSTRAINT uq_messages_contact_id_seq UNIQUE (contact_id, seq),
  CONSTRAINT ck_messages_kind CHECK (kind IN ('inbound', 'outbound', 'note', 'system', 'call', 'survey')),
  CONSTRAINT fk_messages_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id),
  CONSTRAINT fk_messages_identity_id FOREIGN KEY(identity_id) REFERENCES identities (id),
  CONSTRAINT fk_messages_employee_id FOREIGN KEY(employee_id) REFERENCES employees (id),
  CONSTRAINT fk_messages_reply_to FOREIGN KEY(reply_to) REFERENCES messages (id)
);

CREATE INDEX ix_messages_external ON messages (contact_id, external_id) WHERE external_id IS NOT NULL;

CREATE UNIQUE INDEX uq_messages_client_msg_id ON messages (employee_id, client_msg_id) WHERE client_msg_id IS NOT NULL;

CREATE TABLE drafts (
  employee_id UUID NOT NULL,
  contact_id UUID NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  data JSONB DEFAULT '{}'::jsonb NOT NULL,
  changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_drafts PRIMARY KEY (employee_id, contact_id, kind),
  CONSTRAINT ck_drafts_kind CHECK (kind IN ('reply', 'note')),
  CONSTRAINT fk_drafts_employee_id FOREIGN KEY(employee_id) REFERENCES employees (id),
  CONSTRAINT fk_drafts_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id)
);

CREATE TABLE contact_reads (
  contact_id UUID NOT NULL,
  reader TEXT NOT NULL,
  seq INTEGER DEFAULT '0' NOT NULL,
  at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_contact_reads PRIMARY KEY (contact_id, reader),
  CONSTRAINT fk_contact_reads_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id)
);

CREATE TABLE expectations (
  id UUID NOT NULL,
  account_id UUID NOT NULL,
  conversation_key TEXT NOT NULL,
  kind TEXT NOT NULL,
  contact_id UUID,
  data JSONB DEFAULT '{}'::jsonb NOT NULL,
  until TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_expectations PRIMARY KEY (id),
  CONSTRAINT uq_expectations_account_id_conversation_key UNIQUE (account_id, conversation_key),
  CONSTRAINT fk_expectations_account_id FOREIGN KEY(account_id) REFERENCES accounts (id),
  CONSTRAINT fk_expectations_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id)
);

CREATE TABLE survey_invitations (
  id UUID NOT NULL,
  identity_id UUID NOT NULL,
  contact_id UUID,
  survey TEXT NOT NULL,
  state TEXT NOT NULL,
  invited_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  answered_at TIMESTAMP WITH TIME ZONE,
  data JSONB DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT pk_survey_invitations PRIMARY KEY (id),
  CONSTRAINT fk_survey_invitations_identity_id FOREIGN KEY(identity_id) REFERENCES identities (id),
  CONSTRAINT fk_survey_invitations_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id)
);

CREATE INDEX ix_survey_invitations_identity_id ON survey_invitations (identity_id);

CREATE TABLE work (
  id UUID NOT NULL,
  seq BIGINT GENERATED BY DEFAULT AS IDENTITY,
  subject_kind TEXT DEFAULT 'contact' NOT NULL,
  contact_id UUID,
  queue_id UUID NOT NULL,
  medium TEXT NOT NULL,
  cost INTEGER DEFAULT '1' NOT NULL,
  state TEXT DEFAULT 'waiting' NOT NULL,
  origin TEXT DEFAULT 'arrival' NOT NULL,
  previous_id UUID,
  arrived_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  virtual_arrival TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  rung INTEGER DEFAULT '0' NOT NULL,
  requirement JSONB DEFAULT '{}'::jsonb NOT NULL,
  preferred_id UUID,
  preferred_until TIMESTAMP WITH TIME ZONE,
  excluded JSONB DEFAULT '[]'::jsonb NOT NULL,
  misses INTEGER DEFAULT '0' NOT NULL,
  operator_id UUID,
  offer_id UUID,
  offered_at TIMESTAMP WITH TIME ZONE,
  offer_until TIMESTAMP WITH TIME ZONE,
  accepted_at TIMESTAMP WITH TIME ZONE,
  wrap_up_since TIMESTAMP WITH TIME ZONE,
  wrap_up_until TIMESTAMP WITH TIME ZONE,
  ended_at TIMESTAMP WITH TIME ZONE,
  outcome TEXT,
  note TEXT DEFAULT '' NOT NULL,
  policy_version INTEGER DEFAULT '1' NOT NULL,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_work PRIMARY KEY (id),
  CONSTRAINT ck_work_state CHECK (state IN ('waiting', 'offered', 'active', 'wrap_up', 'done')),
  CONSTRAINT ck_work_subject_kind CHECK (subject_kind IN ('contact', 'callback', 'task')),
  CONSTRAINT ck_work_origin CHECK (origin IN ('arrival', 'follow_up', 'transfer', 'reopen', 'return')),
  CONSTRAINT ck_work_operator CHECK ((state IN ('offered','active','wrap_up')) <= (operator_id IS NOT NULL)),
  CONSTRAINT fk_work_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id),
  CONSTRAINT fk_work_queue_id FOREIGN KEY(queue_id) REFERENCES queues (id),
  CONSTRAINT fk_work_previous_id FOREIGN KEY(previous_id) REFERENCES work (id),
  CONSTRAINT fk_work_preferred_id FOREIGN KEY(preferred_id) REFERENCES employees (id),
  CONSTRAINT fk_work_operator_id FOREIGN KEY(operator_id) REFERENCES employees (id)
);

CREATE UNIQUE INDEX uq_work_contact_open ON work (contact_id) WHERE state <> 'done';

CREATE INDEX ix_work_contact_id ON work (contact_id, arrived_at);

CREATE INDEX ix_work_waiting ON work (queue_id, virtual_arrival) WHERE state IN ('waiting','offered');

CREATE INDEX ix_work_operator_open ON work (operator_id) WHERE state <> 'done';

CREATE TABLE attachments (
  id UUID NOT NULL,
  message_id UUID,
  contact_id UUID,
  account_id UUID,
  owner TEXT DEFAULT '' NOT NULL,
  kind TEXT DEFAULT 'file' NOT NULL,
  name TEXT DEFAULT '' NOT NULL,
  type TEXT DEFAULT '' NOT NULL,
  size BIGINT,
  sha256 TEXT,
  state TEXT DEFAULT 'wanted' NOT NULL,
  ref TEXT,
  blob_key TEXT,
  data JSONB DEFAULT '{}'::jsonb NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_attachments PRIMARY KEY (id),
  CONSTRAINT ck_attachments_state CHECK (state IN ('wanted', 'stored', 'too_large', 'gone', 'infected')),
  CONSTRAINT fk_attachments_message_id FOREIGN KEY(message_id) REFERENCES messages (id),
  CONSTRAINT fk_attachments_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id),
  CONSTRAINT fk_attachments_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);

CREATE INDEX ix_attachments_message_id ON attachments (message_id);

CREATE TABLE offers (
  id UUID NOT NULL,
  work_id UUID NOT NULL,
  operator_id UUID NOT NULL,
  state TEXT DEFAULT 'live' NOT NULL,
  reason TEXT,
  fence BIGINT NOT NULL,
  explanation JSONB DEFAULT '{}'::jsonb NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  until TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  ended_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_offers PRIMARY KEY (id),
  CONSTRAINT ck_offers_state CHECK (state IN ('live', 'accepted', 'declined', 'missed', 'rescinded')),
  CONSTRAINT fk_offers_work_id FOREIGN KEY(work_id) REFERENCES work (id),
  CONSTRAINT fk_offers_operator_id FOREIGN KEY(operator_id) REFERENCES employees (id)
);

CREATE INDEX ix_offers_work_id ON offers (work_id);

CREATE INDEX ix_offers_operator_live ON offers (operator_id) WHERE state = 'live';

CREATE UNIQUE INDEX uq_offers_live ON offers (work_id) WHERE state = 'live';

CREATE TABLE outbox (
  id UUID NOT NULL,
  line_id UUID NOT NULL,
  seq INTEGER NOT NULL,
  account_id UUID NOT NULL,
  contact_id UUID,
  message_id UUID,
  origin TEXT DEFAULT 'operator' NOT NULL,
  class TEXT DEFAULT 'interactive' NOT NULL,
  state TEXT DEFAULT 'pending' NOT NULL,
  payload JSONB DEFAULT '{}'::jsonb NOT NULL,
  hold_until TIMESTAMP WITH TIME ZONE,
  due_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  attempts INTEGER DEFAULT '0' NOT NULL,
  owner TEXT,
  token BIGINT,
  claim_until TIMESTAMP WITH TIME ZONE,
  provider_id TEXT,
  error_kind TEXT,
  error_text TEXT,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  sent_at TIMESTAMP WITH TIME ZONE,
  settled_at TIMESTAMP WITH TIME ZONE,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_outbox PRIMARY KEY (id),
  CONSTRAINT uq_outbox_line_id_seq UNIQUE (line_id, seq),
  CONSTRAINT ck_outbox_class CHECK (class IN ('interactive', 'automatic', 'bulk')),
  CONSTRAINT ck_outbox_origin CHECK (origin IN ('operator', 'rule', 'bot', 'survey', 'campaign')),
  CONSTRAINT ck_outbox_state CHECK (state IN ('held', 'pending', 'sending', 'sent', 'delivered', 'read', 'failed', 'uncertain', 'cancelled')),
  CONSTRAINT fk_outbox_line_id FOREIGN KEY(line_id) REFERENCES outbox_lines (id),
  CONSTRAINT fk_outbox_account_id FOREIGN KEY(account_id) REFERENCES accounts (id),
  CONSTRAINT fk_outbox_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id),
  CONSTRAINT fk_outbox_message_id FOREIGN KEY(message_id) REFERENCES messages (id)
);

CREATE INDEX ix_outbox_message_id ON outbox (message_id);

CREATE INDEX ix_outbox_line_open ON outbox (line_id, seq) WHERE state IN ('held','pending','sending','uncertain');

CREATE INDEX ix_outbox_sending ON outbox (account_id, claim_until) WHERE state = 'sending';

CREATE INDEX ix_outbox_due ON outbox (account_id, class, due_at) WHERE state IN ('held','pending','sending','uncertain');

CREATE TABLE deliveries (
  account_id UUID NOT NULL,
  provider_id TEXT NOT NULL,
  outbox_id UUID,
  rank INTEGER DEFAULT '0' NOT NULL,
  status TEXT DEFAULT '' NOT NULL,
  reason TEXT,
  provider_at TIMESTAMP WITH TIME ZONE,
  changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_deliveries PRIMARY KEY (account_id, provider_id),
  CONSTRAINT fk_deliveries_outbox_id FOREIGN KEY(outbox_id) REFERENCES outbox (id)
);

CREATE INDEX ix_deliveries_outbox_id ON deliveries (outbox_id);
