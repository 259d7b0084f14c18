CREATE TABLE message_names (
  account_id UUID NOT NULL, name TEXT NOT NULL, message_id UUID NOT NULL, text TEXT,
  place BIGINT DEFAULT 0 NOT NULL, edited_at TIMESTAMP WITH TIME ZONE,
  deleted_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_message_names PRIMARY KEY (account_id, name),
  CONSTRAINT fk_message_names_message_id FOREIGN KEY (message_id) REFERENCES messages (id)
);

CREATE INDEX ix_message_names_message_id ON message_names (message_id);

ALTER TABLE outbox ADD COLUMN act TEXT DEFAULT 'send' NOT NULL;

ALTER TABLE outbox ADD CONSTRAINT ck_outbox_act CHECK (act IN ('send', 'edit', 'delete'));

CREATE TABLE start_links (
  id UUID NOT NULL, account_id UUID NOT NULL, digest BYTEA NOT NULL, client_id UUID,
  touchpoint_id UUID, created_by UUID, created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE, used_at TIMESTAMP WITH TIME ZONE, identity_id UUID,
  CONSTRAINT pk_start_links PRIMARY KEY (id),
  CONSTRAINT uq_start_links_digest UNIQUE (digest),
  CONSTRAINT ck_start_links_leads CHECK ((client_id IS NULL) <> (touchpoint_id IS NULL)),
  CONSTRAINT fk_start_links_account_id FOREIGN KEY (account_id) REFERENCES accounts (id),
  CONSTRAINT fk_start_links_client_id FOREIGN KEY (client_id) REFERENCES clients (id),
  CONSTRAINT fk_start_links_touchpoint_id FOREIGN KEY (touchpoint_id) REFERENCES touchpoints (id),
  CONSTRAINT fk_start_links_created_by FOREIGN KEY (created_by) REFERENCES employees (id),
  CONSTRAINT fk_start_links_identity_id FOREIGN KEY (identity_id) REFERENCES identities (id)
);

CREATE INDEX ix_start_links_age ON start_links (expires_at);

CREATE TABLE identity_profiles (
  identity_id UUID NOT NULL, account_id UUID NOT NULL, fields JSONB DEFAULT '{}'::jsonb NOT NULL,
  file_id UUID, checked_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_identity_profiles PRIMARY KEY (identity_id),
  CONSTRAINT fk_identity_profiles_identity_id FOREIGN KEY (identity_id) REFERENCES identities (id),
  CONSTRAINT fk_identity_profiles_account_id FOREIGN KEY (account_id) REFERENCES accounts (id),
  CONSTRAINT fk_identity_profiles_file_id FOREIGN KEY (file_id) REFERENCES attachments (id)
);
