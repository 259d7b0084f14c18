CREATE TABLE wait_rates (
  queue_id UUID NOT NULL,
  medium TEXT NOT NULL,
  handled DOUBLE PRECISION DEFAULT '0' NOT NULL,
  handle_seconds DOUBLE PRECISION DEFAULT '0' NOT NULL,
  gone DOUBLE PRECISION DEFAULT '0' NOT NULL,
  waited_seconds DOUBLE PRECISION DEFAULT '0' NOT NULL,
  promised DOUBLE PRECISION DEFAULT '0' NOT NULL,
  within_low DOUBLE PRECISION DEFAULT '0' NOT NULL,
  within_high DOUBLE PRECISION DEFAULT '0' NOT NULL,
  off_seconds DOUBLE PRECISION DEFAULT '0' NOT NULL,
  real_seconds DOUBLE PRECISION DEFAULT '0' NOT NULL,
  CONSTRAINT pk_wait_rates PRIMARY KEY (queue_id, medium),
  CONSTRAINT fk_wait_rates_queue_id FOREIGN KEY(queue_id) REFERENCES queues (id)
);

CREATE TABLE wait_promises (
  work_id UUID NOT NULL,
  queue_id UUID NOT NULL,
  medium TEXT NOT NULL,
  asked TEXT NOT NULL,
  ahead DOUBLE PRECISION NOT NULL,
  senior INTEGER NOT NULL,
  room INTEGER NOT NULL,
  low_ms BIGINT NOT NULL,
  high_ms BIGINT NOT NULL,
  told_ms BIGINT NOT NULL,
  cause TEXT NOT NULL,
  shown BOOLEAN DEFAULT true NOT NULL,
  first_low_ms BIGINT NOT NULL,
  first_high_ms BIGINT NOT NULL,
  first_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_wait_promises PRIMARY KEY (work_id),
  CONSTRAINT fk_wait_promises_work_id FOREIGN KEY(work_id) REFERENCES work (id) ON DELETE CASCADE
);
