CREATE TABLE authorizations (
  id UUID NOT NULL,
  state BYTEA NOT NULL,
  account_id UUID NOT NULL,
  employee_id UUID NOT NULL,
  session BYTEA NOT NULL,
  verifier BYTEA,
  authority TEXT NOT NULL,
  begun_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  used_at TIMESTAMP WITH TIME ZONE,
  ended_at TIMESTAMP WITH TIME ZONE,
  outcome TEXT,
  words TEXT,
  CONSTRAINT pk_authorizations PRIMARY KEY (id),
  CONSTRAINT uq_authorizations_state UNIQUE (state),
  CONSTRAINT fk_authorizations_account_id FOREIGN KEY(account_id) REFERENCES accounts (id),
  CONSTRAINT fk_authorizations_employee_id FOREIGN KEY(employee_id) REFERENCES employees (id),
  CONSTRAINT ck_authorizations_outcome CHECK (outcome IN ('granted', 'refused'))
);

CREATE INDEX ix_authorizations_ended ON authorizations (account_id, ended_at);

CREATE TABLE account_memories (
  account_id UUID NOT NULL,
  sealed BYTEA NOT NULL,
  at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_account_memories PRIMARY KEY (account_id),
  CONSTRAINT fk_account_memories_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);
