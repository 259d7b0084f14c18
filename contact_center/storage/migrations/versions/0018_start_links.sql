ALTER TABLE start_links ADD COLUMN url text;

CREATE INDEX ix_start_links_places ON start_links (account_id, id) WHERE touchpoint_id IS NOT NULL;
