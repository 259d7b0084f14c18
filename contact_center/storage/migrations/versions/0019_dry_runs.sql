CREATE TABLE dry_runs (
  id UUID NOT NULL,
  policy_id UUID NOT NULL,
  policy_version INTEGER NOT NULL,
  edition INTEGER NOT NULL,
  asked JSONB DEFAULT '{}'::jsonb NOT NULL,
  given JSONB DEFAULT '{}'::jsonb NOT NULL,
  state TEXT DEFAULT 'waiting' NOT NULL,
  done INTEGER DEFAULT '0' NOT NULL,
  total INTEGER DEFAULT '0' NOT NULL,
  result JSONB DEFAULT '{}'::jsonb NOT NULL,
  failure TEXT,
  author TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  ended_at TIMESTAMP WITH TIME ZONE,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_dry_runs PRIMARY KEY (id),
  CONSTRAINT fk_dry_runs_policy_id FOREIGN KEY(policy_id) REFERENCES policies (id) ON DELETE CASCADE,
  CONSTRAINT ck_dry_runs_state CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled'))
);

CREATE INDEX ix_dry_runs_policy_id ON dry_runs (policy_id, id);

CREATE UNIQUE INDEX uq_dry_runs_live ON dry_runs (policy_id) WHERE state IN ('waiting','running');
