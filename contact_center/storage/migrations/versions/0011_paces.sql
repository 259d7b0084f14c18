CREATE TABLE account_paces (
  account_id UUID NOT NULL,
  until TIMESTAMP WITH TIME ZONE NOT NULL,
  failures INTEGER DEFAULT 0 NOT NULL,
  failing_since TIMESTAMP WITH TIME ZONE,
  width INTEGER NOT NULL,
  CONSTRAINT pk_account_paces PRIMARY KEY (account_id),
  CONSTRAINT fk_account_paces_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE
);
