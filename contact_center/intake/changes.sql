-- What a batch changes of messages that are there: edits, deletions, replies, what came too early.
-- Rare steps of intake/batch.sql.

-- What a text was before, oldest first: the first one and the newest, for who edits for ever makes no
-- message that grows for ever.
CREATE OR REPLACE FUNCTION cc_edits(held jsonb, edit jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN jsonb_array_length(h) < 50 THEN h ELSE h - 1 END || edit
  FROM (SELECT coalesce(held, '[]')) AS t (h)
$$;

-- One edit or deletion of one message, whose contact is locked. Edits are ordered by the provider's
-- time, so they may come in any order; what was written before stays in data.edits.
CREATE OR REPLACE FUNCTION cc_intake_change(message uuid, change text, new_text text, new_at timestamptz)
RETURNS void LANGUAGE sql VOLATILE AS $$
  WITH changed AS (
    UPDATE messages m SET
      version = m.version + 1,
      data = CASE WHEN change = 'edit' THEN jsonb_set(m.data - 'entities', '{edits}',
               cc_edits(m.data -> 'edits',
                 CASE WHEN m.edited_at IS NULL OR m.edited_at < new_at
                      THEN jsonb_build_object('at', m.edited_at, 'text', m.text)
                      ELSE jsonb_build_object('at', new_at, 'text', new_text) END))
             ELSE m.data END,
      text = CASE WHEN change = 'edit' AND (m.edited_at IS NULL OR m.edited_at < new_at)
                  THEN new_text ELSE m.text END,
      edited_at = CASE WHEN change = 'edit' THEN greatest(m.edited_at, new_at) ELSE m.edited_at END,
      deleted_at = CASE WHEN change = 'delete' THEN least(m.deleted_at, new_at) ELSE m.deleted_at END
    WHERE m.id = message
    RETURNING m.id, m.contact_id, m.seq, m.kind, m.text, m.deleted_at
  ), bumped AS (
    UPDATE contacts c SET version = c.version + 1,
      last_text = CASE WHEN c.last_seq <> t.seq THEN c.last_text
                       WHEN t.deleted_at IS NULL THEN left(t.text, 200) ELSE '' END
    FROM changed t WHERE c.id = t.contact_id
    RETURNING c.id, c.version, c.queue_id, c.operator_id, c.identity_id
  )
  INSERT INTO events (kind, subject_kind, subject_id, version, identity_id, actor, cause, data)
  SELECT 'message.changed', 'contact', b.id, b.version, b.identity_id, 'client', change,
         jsonb_build_object('message_id', t.id, 'seq', t.seq, 'kind', t.kind,
                            'queue_id', b.queue_id, 'operator_id', b.operator_id)
  FROM changed t, bumped b
$$;

-- The message a provider's name stands for: one that came in this conversation, a piece of one, or
-- one that we sent.
CREATE OR REPLACE FUNCTION cc_intake_message(account uuid, key text, target text) RETURNS uuid
LANGUAGE plpgsql STABLE AS $$
DECLARE
  found_id uuid;
BEGIN
  SELECT m.id INTO found_id FROM contacts c JOIN messages m ON m.contact_id = c.id
  WHERE c.account_id = account AND c.conversation_key = key AND m.external_id = target
  LIMIT 1;
  IF found_id IS NULL THEN
    SELECT n.message_id INTO found_id FROM message_names n
    WHERE n.account_id = account AND n.name = target;
  END IF;
  IF found_id IS NULL THEN
    SELECT o.message_id INTO found_id FROM (
      SELECT f.outbox_id FROM deliveries f
      WHERE f.account_id = account AND f.provider_id = target OFFSET 0) d
    CROSS JOIN LATERAL (SELECT f.message_id FROM outbox f WHERE f.id = d.outbox_id OFFSET 0) o;
  END IF;
  RETURN found_id;
END
$$;

-- An edit or deletion by the name it was told for. Of a message told in pieces each has a text of
-- its own: that of the message is put together anew, and it is gone with its last piece.
CREATE OR REPLACE FUNCTION cc_intake_amend(
  account uuid, target text, message uuid, change text, new_text text, new_at timestamptz
) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_variable
DECLARE
  whole text;
  last_edit timestamptz;
BEGIN
  UPDATE message_names n SET
    text = CASE WHEN change = 'edit' THEN new_text ELSE n.text END,
    edited_at = CASE WHEN change = 'edit' THEN new_at ELSE n.edited_at END,
    deleted_at = CASE WHEN change = 'delete' THEN new_at ELSE n.deleted_at END
  WHERE n.account_id = account AND n.name = target AND n.text IS NOT NULL
    AND (change = 'delete' OR n.edited_at IS NULL OR n.edited_at < new_at);
  IF NOT FOUND THEN
    IF NOT EXISTS (SELECT 1 FROM message_names n WHERE n.account_id = account AND n.name = target
                   AND n.text IS NOT NULL) THEN
      PERFORM cc_intake_change(message, change, new_text, new_at);
    END IF;
    RETURN;
  END IF;
  IF change = 'delete' THEN
    UPDATE attachments a SET data = a.data || '{"deleted": true}', version = a.version + 1
    WHERE a.message_id = message AND a.data ->> 'piece' = target;
  END IF;
  SELECT coalesce(string_agg(n.text, E'\n' ORDER BY n.place, n.name)
                    FILTER (WHERE n.text <> ''), '')
  INTO whole FROM message_names n
  WHERE n.message_id = message AND n.text IS NOT NULL AND n.deleted_at IS NULL
  HAVING count(*) > 0;
  IF whole IS NULL THEN
    PERFORM cc_intake_change(message, 'delete', '', new_at);
  ELSIF whole = (SELECT m.text FROM messages m WHERE m.id = message) THEN
    PERFORM cc_messages_changed(ARRAY[message], 'client', change);
  ELSE
    SELECT m.edited_at + interval '1 microsecond' INTO last_edit FROM messages m
    WHERE m.id = message;
    PERFORM cc_intake_change(message, 'edit', whole, greatest(new_at, last_edit));
  END IF;
END
$$;

-- Edits and deletions. One that comes before its message is parked; the message's dedupe key, which
-- the caller has tried to insert, is where the two meet. rows: [{account, key, target, kind, text,
-- at}]
CREATE OR REPLACE FUNCTION cc_intake_changes(rows jsonb) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  r record;
  found_id uuid;
BEGIN
  FOR r IN SELECT * FROM jsonb_to_recordset(rows)
    AS e (account uuid, key text, target text, kind text, text text, at timestamptz)
  LOOP
    found_id := cc_intake_message(r.account, r.key, r.target);
    IF found_id IS NOT NULL THEN
      PERFORM cc_intake_amend(r.account, r.target, found_id, r.kind, r.text, r.at);
    ELSE
      INSERT INTO parked_changes (account_id, target, kind, text, at)
      VALUES (r.account, r.target, r.kind, r.text, r.at);
    END IF;
  END LOOP;
END
$$;

-- The message a reply is about: the provider's name of it, or our id.
CREATE OR REPLACE FUNCTION cc_intake_reply(contact uuid, target text) RETURNS uuid
LANGUAGE plpgsql STABLE AS $$
DECLARE
  found_id uuid;
BEGIN
  SELECT m.id INTO found_id FROM messages m
  WHERE m.contact_id = contact AND (m.external_id = target OR m.id::text = target) LIMIT 1;
  IF found_id IS NULL THEN
    SELECT m.id INTO found_id FROM contacts c CROSS JOIN LATERAL (
      SELECT f.id, f.contact_id FROM messages f
      WHERE f.id = cc_intake_message(c.account_id, c.conversation_key, target) OFFSET 0) m
    WHERE c.id = contact AND m.contact_id = contact;
  END IF;
  RETURN found_id;
END
$$;

-- Contacts that events point at by other ways than their conversation: a verdict, the message that
-- is edited or deleted, the message of a receipt.
CREATE OR REPLACE FUNCTION cc_intake_named(
  go boolean[], kinds text[], accounts uuid[], keys text[], x jsonb[]
) RETURNS uuid[] LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
  RETURN ARRAY(
    SELECT (e.x #>> '{verdict,contact_id}')::uuid AS id FROM unnest(x, go) AS e (x, go)
    WHERE e.go AND e.x #>> '{verdict,contact_id}' IS NOT NULL
    UNION
    SELECT m.contact_id FROM unnest(x, go, kinds, accounts, keys) AS e (x, go, kind, account, key)
    CROSS JOIN LATERAL (
      SELECT f.contact_id FROM messages f
      WHERE f.id = cc_intake_message(e.account, e.key, e.x ->> 'target') OFFSET 0) m
    WHERE e.go AND e.kind IN ('edit', 'delete')
    UNION
    SELECT o.contact_id FROM unnest(x, go, kinds, accounts) AS e (x, go, kind, account)
    JOIN deliveries d ON d.account_id = e.account AND d.provider_id = e.x ->> 'target'
    JOIN outbox o ON o.id = d.outbox_id
    WHERE e.go AND e.kind = 'receipt' AND o.contact_id IS NOT NULL);
END
$$;

-- Edits and deletions that came before their messages, whose contacts are locked.
CREATE OR REPLACE FUNCTION cc_intake_unpark(accounts uuid[], externals text[], ids uuid[], go boolean[])
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
  r record;
BEGIN
  FOR r IN
    SELECT p.id, p.account_id, p.target, p.kind, p.text, p.at, e.id AS message
    FROM unnest(accounts, externals, ids, go) AS e (account, external, id, go)
    JOIN parked_changes p ON p.account_id = e.account AND p.target = e.external
    WHERE e.go ORDER BY p.at, p.id
  LOOP
    PERFORM cc_intake_amend(r.account_id, r.target, r.message, r.kind, r.text, r.at);
    DELETE FROM parked_changes WHERE id = r.id;
  END LOOP;
END
$$;
