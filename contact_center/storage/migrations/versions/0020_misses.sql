-- The deadline of the last miss that counted: what was offered before it is no other miss.
ALTER TABLE operators ADD COLUMN missed_at timestamptz;

-- What of its place a turn kept from the one before; the rest of the head start is priority.
ALTER TABLE work ADD COLUMN kept_ms bigint DEFAULT '0' NOT NULL;

-- A head start may be an hour at most (House.most_priority_seconds).
UPDATE queues SET priority_seconds = 3600, version = version + 1 WHERE priority_seconds > 3600;
