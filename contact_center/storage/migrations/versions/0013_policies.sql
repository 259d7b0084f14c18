CREATE TABLE policies (
  id UUID NOT NULL,
  edition INTEGER,
  state TEXT NOT NULL,
  body JSONB DEFAULT '{}'::jsonb NOT NULL,
  author TEXT NOT NULL,
  note TEXT DEFAULT '' NOT NULL,
  source TEXT,
  at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_policies PRIMARY KEY (id),
  CONSTRAINT uq_policies_edition UNIQUE (edition),
  CONSTRAINT ck_policies_state CHECK (state IN ('draft', 'current', 'past')),
  CONSTRAINT ck_policies_edition CHECK ((state = 'draft') = (edition IS NULL))
);

CREATE UNIQUE INDEX uq_policies_current ON policies (state) WHERE state = 'current';

ALTER TABLE queues ADD COLUMN code TEXT, ADD COLUMN rules JSONB DEFAULT '{}'::jsonb NOT NULL, ADD CONSTRAINT uq_queues_code UNIQUE (code);

ALTER TABLE operators ADD COLUMN offered_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE work ADD COLUMN queued_at TIMESTAMP WITH TIME ZONE;
