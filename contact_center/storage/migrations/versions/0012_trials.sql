ALTER TABLE accounts DROP CONSTRAINT ck_accounts_state;

ALTER TABLE accounts ADD CONSTRAINT ck_accounts_state CHECK (state IN ('on', 'off', 'test'));

ALTER TABLE quarantine DROP CONSTRAINT ck_quarantine_kind;

ALTER TABLE quarantine ADD CONSTRAINT ck_quarantine_kind CHECK (kind IN ('malformed', 'poison', 'unsupported', 'refused'));

CREATE INDEX ix_quarantine_account ON quarantine (account_id, id);

CREATE TABLE account_trials (
  account_id UUID NOT NULL,
  began_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  received_at TIMESTAMP WITH TIME ZONE,
  proven_at TIMESTAMP WITH TIME ZONE,
  stored_at TIMESTAMP WITH TIME ZONE,
  answered_at TIMESTAMP WITH TIME ZONE,
  fault TEXT,
  words TEXT,
  quarantine_id UUID,
  contact_id UUID,
  message_id UUID,
  tries INTEGER DEFAULT '1' NOT NULL,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_account_trials PRIMARY KEY (account_id),
  CONSTRAINT fk_account_trials_account_id FOREIGN KEY(account_id) REFERENCES accounts (id),
  CONSTRAINT ck_account_trials_fault CHECK (fault IN ('refused', 'unreadable', 'not_stored', 'not_sent', 'uncertain'))
);

CREATE TABLE account_counts (
  account_id UUID NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  received INTEGER DEFAULT '0' NOT NULL,
  refused INTEGER DEFAULT '0' NOT NULL,
  unreadable INTEGER DEFAULT '0' NOT NULL,
  sent INTEGER DEFAULT '0' NOT NULL,
  failed INTEGER DEFAULT '0' NOT NULL,
  postponed INTEGER DEFAULT '0' NOT NULL,
  uncertain INTEGER DEFAULT '0' NOT NULL,
  took INTEGER[] NOT NULL,
  CONSTRAINT pk_account_counts PRIMARY KEY (account_id, at),
  CONSTRAINT fk_account_counts_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);

CREATE INDEX ix_account_counts_age ON account_counts (at);
