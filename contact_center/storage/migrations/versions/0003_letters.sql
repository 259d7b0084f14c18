ALTER TABLE brands ADD COLUMN letters JSONB DEFAULT '{}'::jsonb NOT NULL;

ALTER TABLE queues ADD COLUMN letters JSONB DEFAULT '{}'::jsonb NOT NULL;

CREATE TABLE message_bodies (
  message_id UUID NOT NULL,
  text TEXT NOT NULL,
  html TEXT NOT NULL,
  CONSTRAINT pk_message_bodies PRIMARY KEY (message_id),
  CONSTRAINT fk_message_bodies_message_id FOREIGN KEY(message_id) REFERENCES messages (id)
);

CREATE TABLE auto_answers (
  contact_id UUID NOT NULL,
  account_id UUID NOT NULL,
  address TEXT NOT NULL,
  at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_auto_answers PRIMARY KEY (contact_id),
  CONSTRAINT fk_auto_answers_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id),
  CONSTRAINT fk_auto_answers_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);

CREATE INDEX ix_auto_answers_account ON auto_answers (account_id, at);

CREATE INDEX ix_auto_answers_address ON auto_answers (address, at);

CREATE TABLE conversation_refs (
  account_id UUID NOT NULL,
  ref TEXT NOT NULL,
  conversation_key TEXT NOT NULL,
  at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_conversation_refs PRIMARY KEY (account_id, ref)
);

CREATE TABLE account_cursors (
  account_id UUID NOT NULL,
  cursor JSONB DEFAULT '{}'::jsonb NOT NULL,
  moved_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_account_cursors PRIMARY KEY (account_id),
  CONSTRAINT fk_account_cursors_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);
