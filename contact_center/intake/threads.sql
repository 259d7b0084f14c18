-- Where messages belong: letters that answer each other, pieces of one message, moved talks.
-- Rare steps of intake/batch.sql.

-- Where a conversation goes on that was joined into another one by hand (desk/parting.py): the name
-- "thread:<its key>" leads there. Joined ones may be joined again; nobody joins twenty times.
CREATE OR REPLACE FUNCTION cc_intake_joined(account uuid, key text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
  further text;
BEGIN
  FOR step IN 1 .. 20 LOOP
    SELECT r.conversation_key INTO further FROM conversation_refs r
    WHERE r.account_id = account AND r.ref = 'thread:' || key;
    EXIT WHEN further IS NULL;
    key := further;
  END LOOP;
  RETURN key;
END
$$;

-- Letters belong to the conversation of the first name they answer that the house holds, or that an
-- earlier letter of the same batch bears: after an outage whole threads come at once. What was
-- joined into another conversation leads there.
CREATE OR REPLACE FUNCTION cc_intake_conversations(accounts uuid[], keys text[], x jsonb[])
RETURNS text[] LANGUAGE plpgsql STABLE SET enable_hashjoin = on AS $$
#variable_conflict use_column
DECLARE
  held text[];
  r record;
BEGIN
  SELECT array_agg((
    SELECT r.conversation_key
    FROM jsonb_array_elements_text(e.x -> 'answers') WITH ORDINALITY AS a (ref, n)
    JOIN conversation_refs r ON r.account_id = e.account AND r.ref = a.ref
    ORDER BY a.n LIMIT 1) ORDER BY e.i)
  INTO held FROM unnest(accounts, x) WITH ORDINALITY AS e (account, x, i);
  SELECT array_agg(CASE WHEN e.x ? 'answers'
                        THEN cc_intake_joined(e.account, coalesce(e.held, e.key)) ELSE e.key END
                   ORDER BY e.i)
  INTO keys FROM unnest(accounts, held, keys, x) WITH ORDINALITY AS e (account, held, key, x, i);
  FOR r IN
    WITH named AS (
      SELECT e.account, a.ref, min(e.i) AS i
      FROM unnest(accounts, x) WITH ORDINALITY AS e (account, x, i)
      CROSS JOIN jsonb_array_elements_text(e.x -> 'aliases') AS a (ref) GROUP BY e.account, a.ref
    )
    SELECT DISTINCT ON (e.i) e.i, o.i AS earlier
    FROM unnest(accounts, x, held) WITH ORDINALITY AS e (account, x, held, i)
    CROSS JOIN jsonb_array_elements_text(e.x -> 'answers') WITH ORDINALITY AS a (ref, n)
    JOIN named o ON o.account = e.account AND o.ref = a.ref AND o.i < e.i
    WHERE e.held IS NULL ORDER BY e.i, a.n
  LOOP
    keys[r.i] := keys[r.earlier];
  END LOOP;
  RETURN keys;
END
$$;

-- What is told in pieces is one message: the first piece of a group in a contact makes it. Returns,
-- by place, the message a piece joins, of an earlier batch or of this one; NULL for all else. A
-- contact that another intake has just made is not locked yet: it is here, before we look.
CREATE OR REPLACE FUNCTION cc_intake_group(
  go boolean[], kinds text[], accounts uuid[], keys text[], contact uuid[], ids uuid[], x jsonb[]
) RETURNS uuid[] LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
BEGIN
  PERFORM 1 FROM contacts c
  WHERE c.id IN (SELECT e.contact FROM unnest(contact, x, go) AS e (contact, x, go)
                 WHERE e.go AND e.x ? 'group')
  ORDER BY c.id FOR NO KEY UPDATE;
  RETURN ARRAY(
    SELECT CASE WHEN e.name IS NOT NULL THEN coalesce(h.message_id, nullif(
             first_value(e.id) OVER (PARTITION BY e.account, e.name, e.contact ORDER BY e.i),
             e.id)) END
    FROM (
      SELECT u.*, CASE WHEN u.go AND u.contact IS NOT NULL AND u.kind IN ('in', 'auto', 'out')
                       THEN 'group:' || u.key || ':' || (u.x #>> '{group,key}') END AS name
      FROM unnest(go, kinds, accounts, keys, contact, ids, x) WITH ORDINALITY
        AS u (go, kind, account, key, contact, id, x, i)) e
    LEFT JOIN LATERAL (
      SELECT n.message_id FROM message_names n JOIN messages m ON m.id = n.message_id
      WHERE n.account_id = e.account AND n.name = e.name AND m.contact_id = e.contact
      OFFSET 0) h ON true
    ORDER BY e.i);
END
$$;

-- The names of messages told in pieces, and what pieces that came later add: `ids` are by now those
-- of the messages, and what joins one is of the kind `piece`.
CREATE OR REPLACE FUNCTION cc_intake_pieces(
  go boolean[], kinds text[], accounts uuid[], keys text[], externals text[], ids uuid[],
  texts text[], datas text[], x jsonb[]
) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
  grown uuid[];
BEGIN
  INSERT INTO message_names AS n (account_id, name, message_id)
  SELECT DISTINCT ON (e.account, e.name COLLATE "C") e.account, e.name, e.id FROM (
    SELECT u.account, 'group:' || u.key || ':' || (u.x #>> '{group,key}') AS name, u.id, u.i
    FROM unnest(go, accounts, keys, ids, x) WITH ORDINALITY AS u (go, account, key, id, x, i)
    WHERE u.go AND u.x ? 'group') e
  ORDER BY e.account, e.name COLLATE "C", e.i DESC
  ON CONFLICT (account_id, name) DO UPDATE SET message_id = excluded.message_id
  WHERE n.message_id <> excluded.message_id;

  INSERT INTO message_names (account_id, name, message_id, text, place)
  SELECT e.account, e.external, e.id, e.text, coalesce((e.x #>> '{group,place}')::bigint, 0)
  FROM unnest(go, accounts, externals, ids, texts, x) AS e (go, account, external, id, text, x)
  WHERE e.go AND e.x ? 'group' ORDER BY e.account, e.external COLLATE "C"
  ON CONFLICT DO NOTHING;

  grown := ARRAY(SELECT DISTINCT e.id FROM unnest(go, kinds, ids) AS e (go, kind, id)
                 WHERE e.go AND e.kind = 'piece' ORDER BY e.id);
  WITH told AS (
    SELECT g.id, coalesce(string_agg(n.text, E'\n' ORDER BY n.place, n.name)
                            FILTER (WHERE n.text <> ''), '') AS whole
    FROM unnest(grown) AS g (id)
    JOIN message_names n ON n.message_id = g.id AND n.text IS NOT NULL AND n.deleted_at IS NULL
    GROUP BY g.id
  ), more AS (
    SELECT DISTINCT ON (e.id) e.id, e.text, coalesce(e.data::jsonb, '{}') AS data
    FROM unnest(go, kinds, ids, texts, datas) WITH ORDINALITY AS e (go, kind, id, text, data, i)
    WHERE e.go AND e.kind = 'piece' ORDER BY e.id, e.text = '', e.i
  ), changed AS (
    UPDATE messages m SET text = t.whole,
      -- What is marked is counted from the beginning of a text.
      data = CASE WHEN t.whole = o.text THEN o.data ELSE o.data - 'entities' END
        || CASE WHEN t.whole = m.text THEN m.data ELSE m.data - 'entities' END
    FROM told t JOIN more o ON o.id = t.id WHERE m.id = t.id
    RETURNING m.contact_id, m.seq, m.text
  )
  UPDATE contacts c SET last_text = left(d.text, 200) FROM changed d
  WHERE c.id = d.contact_id AND c.last_seq = d.seq AND d.text <> '';

  PERFORM cc_messages_changed(ARRAY(
    SELECT g.id FROM unnest(grown) AS g (id) WHERE NOT EXISTS (
      SELECT 1 FROM unnest(go, kinds, ids) AS e (go, kind, id)
      WHERE e.go AND e.kind <> 'piece' AND e.id = g.id)), 'client', 'piece');
END
$$;

-- What letters bring: their whole bodies, the names they can be answered by, and how far the
-- mailbox they came from has been read. A name that is taken stays with its first holder. `has`: the
-- keys of x.
DROP FUNCTION IF EXISTS cc_intake_letters;
CREATE FUNCTION cc_intake_letters(
  has text[], go boolean[], ids uuid[], accounts uuid[], keys text[], x jsonb[]
) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
BEGIN
  IF 'body' = ANY (has) THEN
    INSERT INTO message_bodies (message_id, text, html)
    SELECT e.id, e.x #>> '{body,text}', e.x #>> '{body,html}'
    FROM unnest(go, ids, x) AS e (go, id, x) WHERE e.go AND e.x ? 'body';
  END IF;

  IF 'aliases' = ANY (has) THEN
    INSERT INTO conversation_refs (account_id, ref, conversation_key)
    SELECT DISTINCT ON (e.account, a.ref COLLATE "C") e.account, a.ref, e.key
    FROM unnest(go, accounts, keys, x) WITH ORDINALITY AS e (go, account, key, x, i)
    CROSS JOIN jsonb_array_elements_text(e.x -> 'aliases') AS a (ref)
    WHERE e.go AND e.x ? 'aliases' ORDER BY e.account, a.ref COLLATE "C", e.i
    ON CONFLICT DO NOTHING;
  END IF;

  IF 'cursor' = ANY (has) THEN
    INSERT INTO account_cursors (account_id, cursor)
    SELECT DISTINCT ON (e.account) e.account, e.x -> 'cursor'
    FROM unnest(go, accounts, x) WITH ORDINALITY AS e (go, account, x, i)
    WHERE e.go AND e.x ? 'cursor' ORDER BY e.account, e.i DESC
    ON CONFLICT (account_id) DO UPDATE SET cursor = excluded.cursor, moved_at = now();
  END IF;
END
$$;

-- Conversations that their provider gave another address: contact, history and line go on there. An
-- open contact stays where it is if one was opened at the new address meanwhile. rows: [{account,
-- key, to}]
CREATE OR REPLACE FUNCTION cc_intake_moves(rows jsonb) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
  r record;
  line uuid;
  target uuid;
BEGIN
  FOR r IN SELECT * FROM jsonb_to_recordset(rows) AS m (account uuid, key text, "to" text) LOOP
    PERFORM 1 FROM contacts c WHERE c.account_id = r.account AND c.conversation_key = r.key
    ORDER BY c.id FOR NO KEY UPDATE;
    WITH moved AS (
      UPDATE contacts c SET conversation_key = r."to",
        version = c.version + (c.closed_at IS NULL)::int
      WHERE c.account_id = r.account AND c.conversation_key = r.key
        AND (c.closed_at IS NOT NULL OR NOT EXISTS (
          SELECT 1 FROM contacts o WHERE o.account_id = r.account
            AND o.conversation_key = r."to" AND o.closed_at IS NULL))
      RETURNING c.id, c.version, c.closed_at, c.queue_id, c.operator_id, c.account_id,
                c.identity_id
    )
    INSERT INTO events (kind, subject_kind, subject_id, version, identity_id, actor, cause, data)
    SELECT 'contact.changed', 'contact', id, version, identity_id, 'provider', 'moved',
           jsonb_build_object('queue_id', queue_id, 'operator_id', operator_id,
                              'account_id', account_id)
    FROM moved WHERE closed_at IS NULL;
    UPDATE expectations x SET conversation_key = r."to"
    WHERE x.account_id = r.account AND x.conversation_key = r.key AND NOT EXISTS (
      SELECT 1 FROM expectations o
      WHERE o.account_id = r.account AND o.conversation_key = r."to");

    SELECT l.id INTO line FROM outbox_lines l
    WHERE l.account_id = r.account AND l.conversation_key = r.key;
    SELECT l.id INTO target FROM outbox_lines l
    WHERE l.account_id = r.account AND l.conversation_key = r."to";
    IF target IS NULL THEN
      UPDATE outbox_lines l SET conversation_key = r."to" WHERE l.id = line;
    ELSIF line IS NOT NULL THEN
      PERFORM 1 FROM outbox_lines l WHERE l.id IN (line, target) ORDER BY l.id FOR NO KEY UPDATE;
      WITH waiting AS (
        SELECT o.id, row_number() OVER (ORDER BY o.seq) AS n FROM outbox o
        WHERE o.line_id = line AND o.state IN ('held', 'pending')
      ), room AS (
        UPDATE outbox_lines l SET last_seq = l.last_seq + (SELECT count(*) FROM waiting)::int
        WHERE l.id = target RETURNING l.last_seq - (SELECT count(*) FROM waiting)::int AS seq
      )
      UPDATE outbox o SET line_id = target, seq = room.seq + w.n, version = o.version + 1
      FROM waiting w, room WHERE o.id = w.id;
    END IF;
  END LOOP;
END
$$;
