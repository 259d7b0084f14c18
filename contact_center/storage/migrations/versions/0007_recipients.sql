ALTER TABLE outbox ADD COLUMN recipients JSONB;

ALTER TABLE outbox ADD COLUMN undelivered JSONB DEFAULT '{}'::jsonb NOT NULL;

ALTER TABLE deliveries ADD COLUMN undelivered JSONB DEFAULT '{}'::jsonb NOT NULL;
