ALTER TABLE attachments DROP CONSTRAINT ck_attachments_state,
  ADD CONSTRAINT ck_attachments_state
    CHECK (state IN ('wanted', 'stored', 'too_large', 'gone', 'failed', 'infected')) NOT VALID;

ALTER TABLE attachments VALIDATE CONSTRAINT ck_attachments_state;
