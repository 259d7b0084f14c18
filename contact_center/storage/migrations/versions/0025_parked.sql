-- A turn laid aside waits for its client or its hour; then it comes back to whom it prefers.
ALTER TABLE work ADD COLUMN parked_until timestamptz;

ALTER TABLE work DROP CONSTRAINT ck_work_state,
  ADD CONSTRAINT ck_work_state
    CHECK (state IN ('waiting', 'offered', 'active', 'wrap_up', 'parked', 'done')) NOT VALID;

ALTER TABLE work VALIDATE CONSTRAINT ck_work_state;

ALTER TABLE work DROP CONSTRAINT ck_work_origin,
  ADD CONSTRAINT ck_work_origin
    CHECK (origin IN ('arrival', 'follow_up', 'transfer', 'reopen', 'return', 'parked')) NOT VALID;

ALTER TABLE work VALIDATE CONSTRAINT ck_work_origin;

ALTER TABLE work ADD CONSTRAINT ck_work_parked
  CHECK ((state = 'parked') <= (parked_until IS NOT NULL)) NOT VALID;

ALTER TABLE work VALIDATE CONSTRAINT ck_work_parked;

CREATE INDEX ix_work_parked ON work (preferred_id) WHERE state = 'parked';
