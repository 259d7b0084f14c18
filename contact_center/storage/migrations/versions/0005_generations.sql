ALTER TABLE installed_functions ADD COLUMN generation INTEGER DEFAULT '0' NOT NULL;

ALTER TABLE accounts DROP COLUMN cursor;

ALTER TABLE checkpoints DROP COLUMN state;

ALTER TABLE checkpoints ADD COLUMN packed BYTEA DEFAULT ''::bytea NOT NULL;
