ALTER TABLE auto_answers ADD COLUMN kind TEXT DEFAULT 'confirmation' NOT NULL;

ALTER TABLE auto_answers DROP CONSTRAINT pk_auto_answers;

ALTER TABLE auto_answers ADD CONSTRAINT pk_auto_answers PRIMARY KEY (contact_id, kind);
