CREATE INDEX ix_inbound_keys_age ON inbound_keys (account_id, at);

CREATE INDEX ix_idempotency_keys_age ON idempotency_keys (at);

CREATE INDEX ix_jobs_ended ON jobs (state, ended_at) WHERE state IN ('done', 'dead');

ALTER TABLE parked_changes ADD COLUMN parked_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL;

CREATE INDEX ix_parked_changes_age ON parked_changes (parked_at);

DELETE FROM jobs WHERE kind = 'jobs.prune' AND state IN ('waiting', 'running');
