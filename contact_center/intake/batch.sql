-- The whole intake of one batch: ONE call, ONE transaction, ONE round trip (autocommit).
--
-- Every step is a statement of its own with its own snapshot, in the order of the house's locks:
-- dedupe keys, touchpoints and identities in key order, then contacts by id, then the rest. Work
-- that exists is never touched. The functions named cc_intake_<step> are the rare steps; each takes
-- its rows as JSON. Everything a step logs holds ids and codes only.

CREATE OR REPLACE FUNCTION cc_new_id() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  -- UUIDv7: 48 bits of milliseconds over a random UUID, version and variant bits set.
  SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
    substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
    FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;

-- What triage has to know of a conversation without an open contact; NULL when there is nothing.
CREATE OR REPLACE FUNCTION cc_intake_facts(account uuid, key text) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM contacts c WHERE c.account_id = account AND c.conversation_key = key)
     AND NOT EXISTS (SELECT 1 FROM expectations x
                     WHERE x.account_id = account AND x.conversation_key = key) THEN
    RETURN NULL;
  END IF;
  RETURN jsonb_build_object(
    'now', now(),
    'last', (
      SELECT jsonb_build_object(
        'id', c.id, 'closed_at', c.closed_at, 'operator_id', c.operator_id, 'spam', c.spam,
        'automatic', c.automatic, 'queue_id', c.queue_id,
        'follow_up_minutes', q.follow_up_minutes,
        'preferred_hold_seconds', q.preferred_hold_seconds,
        'archived', q.archived_at IS NOT NULL,
        'virtual_arrival', (SELECT w.virtual_arrival FROM work w WHERE w.contact_id = c.id
                            ORDER BY w.arrived_at DESC LIMIT 1))
      FROM contacts c JOIN queues q ON q.id = c.queue_id
      WHERE c.account_id = account AND c.conversation_key = key AND c.closed_at IS NOT NULL
      ORDER BY c.closed_at DESC LIMIT 1),
    'expectation', (
      SELECT jsonb_build_object('kind', x.kind, 'contact_id', x.contact_id)
      FROM expectations x
      WHERE x.account_id = account AND x.conversation_key = key AND x.until > now()));
END
$$;

-- Senders seen for the first time: identity, client, the beginning of his history. Whoever comes
-- with an address that the site or provider vouches for joins the client of that address; what he
-- merely typed never does. rows: [{medium, value, name, proof, touchpoint, locale, claims}]
CREATE OR REPLACE FUNCTION cc_intake_register(rows jsonb) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
BEGIN
  WITH sender AS (
    SELECT DISTINCT ON (r.medium, r.value COLLATE "C") r.*, (
      SELECT i.client_id
      FROM jsonb_to_recordset(r.claims) AS k (medium text, value text, proof text)
      JOIN identities i ON i.medium = k.medium AND i.value = k.value
      WHERE k.proof <> 'claimed' AND i.proof <> 'claimed' ORDER BY i.created_at LIMIT 1) AS known
    FROM jsonb_to_recordset(rows) AS r
      (i int, medium text, value text, name text, proof text, touchpoint uuid, locale text,
       claims jsonb)
    ORDER BY r.medium, r.value COLLATE "C", r.i
  ), made AS (
    INSERT INTO identities (id, client_id, medium, value, name, proof, touchpoint_id, seen_at)
    SELECT cc_new_id(), coalesce(known, cc_new_id()), medium, value, name, proof, touchpoint, now()
    FROM sender ORDER BY medium, value COLLATE "C"
    ON CONFLICT (medium, value) DO NOTHING
    RETURNING id, client_id, medium, value, name, touchpoint_id
  ), registered AS (
    INSERT INTO clients (id, name, locale, touchpoint_id)
    SELECT m.client_id, m.name, s.locale, m.touchpoint_id
    FROM made m JOIN sender s ON s.medium = m.medium AND s.value = m.value
    WHERE s.known IS NULL
    RETURNING id
  ), staged AS (
    INSERT INTO stage_history (id, client_id, stage, cause)
    SELECT cc_new_id(), id, 'learns', 'first_contact' FROM registered
  )
  INSERT INTO events (kind, subject_kind, subject_id, version, actor, cause)
  SELECT 'client.changed', 'client', id, 1, 'client', 'registered' FROM registered;
END
$$;

-- Further addresses of senders that are known by now. A free one becomes an identity of the client,
-- marked as what it is; one that belongs to another client is only noted, for a person to judge.
-- rows: [{identity, touchpoint, claims: [{medium, value, name, proof}]}]
CREATE OR REPLACE FUNCTION cc_intake_claims(rows jsonb) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  INSERT INTO identities (id, client_id, medium, value, name, proof, touchpoint_id)
  SELECT cc_new_id(), c.client_id, c.medium, c.value, c.name, c.proof, c.touchpoint FROM (
    SELECT DISTINCT ON (k.medium, k.value COLLATE "C")
           i.client_id, r.touchpoint, k.medium, k.value, k.name, k.proof
    FROM jsonb_to_recordset(rows) AS r (identity uuid, touchpoint uuid, claims jsonb)
    JOIN identities i ON i.id = r.identity
    CROSS JOIN jsonb_to_recordset(r.claims) AS k (medium text, value text, name text, proof text)
    WHERE NOT EXISTS (SELECT 1 FROM identities o
                      WHERE o.medium = k.medium AND o.value = k.value)
    ORDER BY k.medium, k.value COLLATE "C", (k.proof = 'claimed')) c
  ORDER BY c.medium, c.value COLLATE "C"
  ON CONFLICT (medium, value) DO NOTHING;

  INSERT INTO client_changes (id, client_id, identity_id, field, new, source)
  SELECT cc_new_id(), s.client_id, s.identity, s.medium, to_jsonb(s.value), s.proof FROM (
    SELECT DISTINCT i.client_id, i.id AS identity, k.medium, k.value, k.proof
    FROM jsonb_to_recordset(rows) AS r (identity uuid, claims jsonb)
    JOIN identities i ON i.id = r.identity
    CROSS JOIN jsonb_to_recordset(r.claims) AS k (medium text, value text, proof text)
    JOIN identities o ON o.medium = k.medium AND o.value = k.value
    WHERE o.client_id <> i.client_id
      AND NOT EXISTS (SELECT 1 FROM client_changes h WHERE h.client_id = i.client_id
                      AND h.field = k.medium AND h.new = to_jsonb(k.value))) s;
END
$$;

-- An address somebody once typed now writes itself, vouched for. Where it hangs on the client of
-- whoever typed it, it leaves him: nobody gets another's talk by typing his address first.
-- rows: [{identity, proof, name}]
CREATE OR REPLACE FUNCTION cc_intake_vouch(rows jsonb) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
BEGIN
  WITH vouched AS (
    SELECT i.id, i.client_id AS old, r.proof, coalesce(nullif(i.name, ''), r.name) AS name,
           i.touchpoint_id,
           CASE WHEN EXISTS (SELECT 1 FROM identities o
                             WHERE o.client_id = i.client_id AND o.id <> i.id)
                THEN cc_new_id() END AS own
    FROM (SELECT DISTINCT ON (identity) * FROM jsonb_to_recordset(rows)
          AS r (identity uuid, proof text, name text)) r
    JOIN identities i ON i.id = r.identity
    WHERE i.proof = 'claimed' ORDER BY i.medium, i.value COLLATE "C" FOR NO KEY UPDATE OF i
  ), made AS (
    INSERT INTO clients (id, name, touchpoint_id)
    SELECT own, name, touchpoint_id FROM vouched WHERE own IS NOT NULL
    RETURNING id
  ), staged AS (
    INSERT INTO stage_history (id, client_id, stage, cause)
    SELECT cc_new_id(), id, 'learns', 'first_contact' FROM made
  ), noted AS (
    INSERT INTO client_changes (id, client_id, identity_id, field, old, new, source)
    SELECT cc_new_id(), old, id, 'identity', to_jsonb(old), to_jsonb(own), proof
    FROM vouched WHERE own IS NOT NULL
  )
  UPDATE identities i SET proof = v.proof, client_id = coalesce(v.own, v.old),
         version = i.version + 1
  FROM vouched v WHERE i.id = v.id;
END
$$;

-- New contacts, in key order. Filed ones are closed from the start. Returns those made here:
-- [{i, id, account, key, filed}]. rows: [{i, account, key, identity, proof, touchpoint, data, mode, locale, subject,
-- verdict}]
CREATE OR REPLACE FUNCTION cc_intake_open(rows jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
  opened jsonb;
BEGIN
  WITH asked AS (
    SELECT DISTINCT ON (r.account, r.key COLLATE "C", r.mode = 'file') r.*, cc_new_id() AS id,
           (r.verdict ->> 'queue_id')::uuid AS queue_id
    FROM jsonb_to_recordset(rows) AS r
      (i int, account uuid, key text, identity uuid, proof text, touchpoint uuid, data jsonb,
       mode text, locale text, subject text, verdict jsonb)
    ORDER BY r.account, r.key COLLATE "C", r.mode = 'file', r.i
  ), made AS (
    INSERT INTO contacts (id, account_id, conversation_key, medium, brand_id, queue_id, identity_id,
      touchpoint_id, follows_id, state, subject, locale, priority_seconds, awaiting, spam,
      automatic, data, closed_at)
    SELECT r.id, r.account, r.key, a.medium, a.brand_id, q.id, r.identity, r.touchpoint,
           (r.verdict ->> 'follows_id')::uuid,
           CASE r.mode WHEN 'file' THEN 'closed' ELSE 'open' END, r.subject, r.locale,
           q.priority_seconds + coalesce((r.verdict ->> 'priority_seconds')::int, 0), 'nobody',
           coalesce((r.verdict ->> 'spam')::boolean, false),
           coalesce((r.verdict ->> 'automatic')::boolean, false), coalesce(r.data, '{}'),
           CASE r.mode WHEN 'file' THEN now() END
    FROM asked r JOIN accounts a ON a.id = r.account
    JOIN queues q ON q.id = coalesce(r.queue_id, a.queue_id)
    ORDER BY r.account, r.key COLLATE "C"
    ON CONFLICT (account_id, conversation_key) WHERE state = 'open' DO NOTHING
    RETURNING id, account_id, queue_id, identity_id
  ), owners AS (
    INSERT INTO participants (contact_id, identity_id, verified)
    SELECT m.id, m.identity_id, r.proof <> 'claimed' FROM made m JOIN asked r ON r.id = m.id
  ), logged AS (
    INSERT INTO events (kind, subject_kind, subject_id, version, identity_id, actor, cause, data)
    SELECT 'contact.opened', 'contact', m.id, 1, m.identity_id, 'client',
           coalesce(r.verdict ->> 'cause', ''),
           jsonb_build_object('queue_id', m.queue_id, 'operator_id', NULL,
                              'account_id', m.account_id)
    FROM made m JOIN asked r ON r.id = m.id ORDER BY r.i
  )
  SELECT jsonb_agg(jsonb_build_object('i', r.i, 'id', r.id, 'account', r.account, 'key', r.key,
                                      'filed', r.mode = 'file'))
  INTO opened FROM made m JOIN asked r ON r.id = m.id;
  RETURN opened;
END
$$;

-- The turn in the waiting line of new contacts, and where their queue confirms letters the job
-- that does. Returns the number of jobs. rows: [{contact, verdict}]
DROP FUNCTION IF EXISTS cc_intake_wait;
CREATE FUNCTION cc_intake_wait(rows jsonb) RETURNS int LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
  jobs_made int := 0;
BEGIN
  WITH made AS (
    INSERT INTO work AS w (id, contact_id, queue_id, medium, cost, origin, arrived_at,
      virtual_arrival, requirement, preferred_id, preferred_until)
    SELECT cc_new_id(), c.id, c.queue_id, c.medium, (r.verdict ->> 'cost')::int,
           CASE WHEN c.follows_id IS NULL THEN 'arrival' ELSE 'follow_up' END, now(),
           least((r.verdict ->> 'virtual_arrival')::timestamptz,
                 now() - make_interval(secs => c.priority_seconds)),
           coalesce(r.verdict -> 'requirement', '{}'), (r.verdict ->> 'preferred_id')::uuid,
           now() + make_interval(secs => nullif((r.verdict ->> 'preferred_seconds')::int, 0))
    FROM jsonb_to_recordset(rows) AS r (i int, contact uuid, verdict jsonb)
    JOIN contacts c ON c.id = r.contact ORDER BY r.i
    RETURNING w AS turn
  )
  INSERT INTO events (kind, subject_kind, subject_id, version, identity_id, actor, cause, data)
  SELECT 'work.waiting', 'work', (m.turn).id, (m.turn).version, c.identity_id, 'client',
         (m.turn).origin, cc_work_snapshot(m.turn)
  FROM made m JOIN contacts c ON c.id = (m.turn).contact_id ORDER BY (m.turn).seq;

  IF EXISTS (SELECT 1 FROM queues q WHERE q.letters ? 'confirmation') THEN
    WITH asked AS (
      INSERT INTO jobs (id, kind, key, due_at)
      SELECT cc_new_id(), 'letters.confirm', r.contact::text, now()
      FROM jsonb_to_recordset(rows) AS r (contact uuid)
      CROSS JOIN LATERAL (SELECT * FROM contacts o WHERE o.id = r.contact OFFSET 0) c
      JOIN queues q ON q.id = c.queue_id
      WHERE c.medium = 'mail' AND c.follows_id IS NULL AND q.letters ? 'confirmation'
      ON CONFLICT (kind, key) WHERE state IN ('waiting', 'running') DO NOTHING
      RETURNING id
    )
    SELECT count(*) INTO jobs_made FROM asked;
  END IF;
  RETURN jobs_made;
END
$$;

-- Files that came with messages: rows and a job for each that must be fetched; files the sender has
-- uploaded before are tied to their message. Returns the number of jobs.
-- rows: [{message, contact, account, owner, files: [{kind, ref, name, type, size, data}]}]
CREATE OR REPLACE FUNCTION cc_intake_files(rows jsonb) RETURNS int LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  jobs_made int;
BEGIN
  UPDATE attachments a SET message_id = r.message, contact_id = r.contact, version = a.version + 1
  FROM jsonb_to_recordset(rows)
       AS r (message uuid, contact uuid, account uuid, owner text, files jsonb)
  CROSS JOIN jsonb_to_recordset(r.files) AS f (data jsonb)
  WHERE a.id = CASE WHEN f.data ->> 'upload' ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'
                    THEN (f.data ->> 'upload')::uuid END
    AND a.message_id IS NULL AND a.account_id = r.account AND a.owner = r.owner;

  WITH made AS (
    INSERT INTO attachments (id, message_id, contact_id, account_id, owner, kind, name, type, size,
                             state, ref, data)
    SELECT cc_new_id(), r.message, r.contact, r.account, r.owner, f.kind, f.name, f.type, f.size,
           CASE WHEN f.ref IS NULL THEN 'stored' ELSE 'wanted' END, f.ref, coalesce(f.data, '{}')
    FROM jsonb_to_recordset(rows)
         AS r (message uuid, contact uuid, account uuid, owner text, files jsonb)
    CROSS JOIN jsonb_to_recordset(r.files)
         AS f (kind text, ref text, name text, type text, size bigint, data jsonb)
    WHERE NOT coalesce(f.data, '{}') ? 'upload'
    RETURNING id, account_id, state
  ), jobs_asked AS (
    INSERT INTO jobs (id, kind, key, due_at, payload)
    SELECT cc_new_id(), 'media.fetch', id::text, now(),
           jsonb_build_object('attachment_id', id, 'account_id', account_id)
    FROM made WHERE state = 'wanted'
    ON CONFLICT (kind, key) WHERE state IN ('waiting', 'running') DO NOTHING
    RETURNING id
  )
  SELECT count(*) INTO jobs_made FROM jobs_asked;
  RETURN jobs_made;
END
$$;

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

-- What the sender told of himself. His name becomes the client's where nobody has given another.
-- rows: [{identity, name, fields}]
CREATE OR REPLACE FUNCTION cc_intake_profiles(rows jsonb) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  r record;
BEGIN
  FOR r IN
    SELECT p.*, i.client_id, i.name AS known, c.name AS client_name
    FROM jsonb_to_recordset(rows) AS p (identity uuid, name text, fields jsonb)
    JOIN identities i ON i.id = p.identity JOIN clients c ON c.id = i.client_id
    ORDER BY c.id FOR NO KEY UPDATE OF c
  LOOP
    IF coalesce(r.name, '') <> '' AND r.name <> r.known THEN
      UPDATE identities SET name = r.name, version = version + 1 WHERE id = r.identity;
    END IF;
    IF coalesce(r.name, '') <> '' AND r.client_name IN ('', r.known) AND r.name <> r.client_name THEN
      INSERT INTO client_changes (id, client_id, identity_id, field, old, new, source)
      VALUES (cc_new_id(), r.client_id, r.identity, 'name', to_jsonb(r.client_name),
              to_jsonb(r.name), 'client');
      WITH named AS (
        UPDATE clients SET name = r.name, version = version + 1, changed_at = now()
        WHERE id = r.client_id RETURNING id, version
      )
      INSERT INTO events (kind, subject_kind, subject_id, version, identity_id, actor, cause)
      SELECT 'client.changed', 'client', id, version, r.identity, 'client', 'profile' FROM named;
    END IF;
    INSERT INTO client_changes (id, client_id, identity_id, field, new, source)
    SELECT cc_new_id(), r.client_id, r.identity, f.key, f.value, 'client'
    FROM jsonb_each(coalesce(r.fields, '{}')) AS f WHERE f.key <> 'name';
  END LOOP;
END
$$;

-- Where clients met us, when not at the account itself. rows: [{kind, key, title}]
CREATE OR REPLACE FUNCTION cc_intake_touchpoints(rows jsonb) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
BEGIN
  INSERT INTO touchpoints (id, kind, key, title)
  SELECT cc_new_id(), r.kind, r.key, r.title FROM (
    SELECT DISTINCT ON (kind, key COLLATE "C") * FROM jsonb_to_recordset(rows)
      AS r (kind text, key text, title text) WHERE kind IS NOT NULL
    ORDER BY kind, key COLLATE "C") r
  WHERE NOT EXISTS (SELECT 1 FROM touchpoints t WHERE t.kind = r.kind AND t.key = r.key)
  ORDER BY r.kind, r.key COLLATE "C"
  ON CONFLICT (kind, key) DO NOTHING;
END
$$;

-- The touchpoint an event says it came by, by itself or by a link of ours, else its account's own.
CREATE OR REPLACE FUNCTION cc_intake_touchpoint(account uuid, given jsonb) RETURNS uuid
LANGUAGE plpgsql STABLE AS $$
DECLARE
  found_id uuid;
BEGIN
  IF given IS NOT NULL THEN
    SELECT t.id INTO found_id FROM touchpoints t
    WHERE t.kind = given ->> 'kind' AND t.key = given ->> 'key';
  END IF;
  IF given ? 'link' THEN
    SELECT l.touchpoint_id INTO found_id FROM start_links l
    WHERE l.digest = decode(given ->> 'link', 'hex') AND l.account_id = account
      AND (l.expires_at IS NULL OR l.expires_at > now());
  END IF;
  RETURN coalesce(found_id, (SELECT a.touchpoint_id FROM accounts a WHERE a.id = account));
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
-- mailbox they came from has been read. A name that is taken stays with its first holder.
CREATE OR REPLACE FUNCTION cc_intake_letters(
  go boolean[], ids uuid[], accounts uuid[], keys text[], x jsonb[]
) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
BEGIN
  INSERT INTO message_bodies (message_id, text, html)
  SELECT e.id, e.x #>> '{body,text}', e.x #>> '{body,html}'
  FROM unnest(go, ids, x) AS e (go, id, x) WHERE e.go AND e.x ? 'body';

  INSERT INTO conversation_refs (account_id, ref, conversation_key)
  SELECT DISTINCT ON (e.account, a.ref COLLATE "C") e.account, a.ref, e.key
  FROM unnest(go, accounts, keys, x) WITH ORDINALITY AS e (go, account, key, x, i)
  CROSS JOIN jsonb_array_elements_text(e.x -> 'aliases') AS a (ref)
  WHERE e.go AND e.x ? 'aliases' ORDER BY e.account, a.ref COLLATE "C", e.i
  ON CONFLICT DO NOTHING;

  INSERT INTO account_cursors (account_id, cursor)
  SELECT DISTINCT ON (e.account) e.account, e.x -> 'cursor'
  FROM unnest(go, accounts, x) WITH ORDINALITY AS e (go, account, x, i)
  WHERE e.go AND e.x ? 'cursor' ORDER BY e.account, e.i DESC
  ON CONFLICT (account_id) DO UPDATE SET cursor = excluded.cursor, moved_at = now();
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

-- Links of ours by which clients began a talk. One that carries a client over is good once: the job
-- joins the records. rows: [{account, identity, digest}]; returns the number of jobs.
CREATE OR REPLACE FUNCTION cc_intake_starts(rows jsonb) RETURNS int LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
  jobs_made int;
BEGIN
  WITH used AS (
    UPDATE start_links l SET used_at = now(), identity_id = r.identity FROM (
      SELECT DISTINCT ON (digest) account, identity, digest FROM jsonb_to_recordset(rows)
        AS s (account uuid, identity uuid, digest text) WHERE identity IS NOT NULL
      ORDER BY digest) r
    WHERE l.digest = decode(r.digest, 'hex') AND l.account_id = r.account AND l.used_at IS NULL
      AND (l.expires_at IS NULL OR l.expires_at > now())
    RETURNING l.id, l.client_id
  ), asked AS (
    INSERT INTO jobs (id, kind, key, due_at)
    SELECT cc_new_id(), 'clients.carry', id::text, now() FROM used WHERE client_id IS NOT NULL
    ON CONFLICT (kind, key) WHERE state IN ('waiting', 'running') DO NOTHING
    RETURNING id
  )
  SELECT count(*) INTO jobs_made FROM asked;
  RETURN jobs_made;
END
$$;

-- Whom nobody has looked up for a month is looked up where he writes from. rows: [{account,
-- identity, fields}]; returns the number of jobs.
CREATE OR REPLACE FUNCTION cc_intake_look_up(rows jsonb) RETURNS int LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
  jobs_made int;
BEGIN
  WITH asked AS (
    INSERT INTO jobs (id, kind, key, due_at, payload)
    SELECT cc_new_id(), 'profiles.fetch', r.identity::text, now(),
           jsonb_build_object('account_id', r.account, 'fields', r.fields)
    FROM (SELECT DISTINCT ON (identity) account, identity, fields FROM jsonb_to_recordset(rows)
            AS s (account uuid, identity uuid, fields jsonb)
          WHERE identity IS NOT NULL ORDER BY identity) r
    WHERE NOT EXISTS (SELECT 1 FROM identity_profiles p WHERE p.identity_id = r.identity
                      AND p.checked_at > now() - interval '30 days')
    ON CONFLICT (kind, key) WHERE state IN ('waiting', 'running') DO NOTHING
    RETURNING id
  )
  SELECT count(*) INTO jobs_made FROM asked;
  RETURN jobs_made;
END
$$;

-- What few batches have: edits and deletions, receipts, files, profiles, opt-outs, what the channel
-- could not read. `has`: the keys of x. Returns the number of new jobs.
CREATE OR REPLACE FUNCTION cc_intake_rest(
  has text[], go boolean[], ids uuid[], accounts uuid[], externals text[], kinds text[],
  keys text[], addresses text[], names text[], texts text[], ats timestamptz[], identity uuid[],
  contact uuid[], x jsonb[]
) RETURNS int LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
  rows jsonb;
  jobs_made int := 0;
BEGIN
  IF 'target' = ANY (has) THEN
    SELECT jsonb_agg(jsonb_build_object('account', e.account, 'key', e.key, 'kind', e.kind,
             'target', e.x ->> 'target', 'text', e.text, 'at', e.at) ORDER BY e.i)
    INTO rows FROM unnest(go, kinds, accounts, keys, texts, ats, x) WITH ORDINALITY
      AS e (go, kind, account, key, text, at, x, i) WHERE e.go AND e.kind IN ('edit', 'delete');
    IF rows IS NOT NULL THEN
      PERFORM cc_intake_changes(rows);
    END IF;
    PERFORM cc_deliveries(q.accounts, q.targets, q.statuses, q.reasons, q.ats, q.up_tos, q.owns)
    FROM (
      SELECT array_agg(e.account ORDER BY e.i) AS accounts,
             array_agg(e.x ->> 'target' ORDER BY e.i) AS targets,
             array_agg(e.x ->> 'status' ORDER BY e.i) AS statuses,
             array_agg(e.x ->> 'reason' ORDER BY e.i) AS reasons,
             array_agg(e.at ORDER BY e.i) AS ats,
             array_agg(coalesce((e.x ->> 'up_to')::boolean, false) ORDER BY e.i) AS up_tos,
             array_agg(e.x ->> 'own' ORDER BY e.i) AS owns
      FROM unnest(go, kinds, accounts, ats, x) WITH ORDINALITY AS e (go, kind, account, at, x, i)
      WHERE e.go AND e.kind = 'receipt') q
    WHERE q.accounts IS NOT NULL;
  END IF;

  IF 'files' = ANY (has) THEN
    SELECT jsonb_agg(jsonb_build_object('message', e.id, 'contact', e.contact,
             'account', e.account, 'owner', e.address, 'files', e.x -> 'files'))
    INTO rows FROM unnest(go, ids, contact, accounts, addresses, x)
      AS e (go, id, contact, account, address, x) WHERE e.go AND e.x ? 'files';
    IF rows IS NOT NULL THEN
      jobs_made := jobs_made + cc_intake_files(rows);
    END IF;
  END IF;

  IF has && '{fields,names}' THEN
    SELECT jsonb_agg(jsonb_build_object('identity', e.identity, 'name', e.name,
             'fields', e.x -> 'fields'))
    INTO rows FROM unnest(go, identity, names, x) AS e (go, identity, name, x)
    WHERE e.go AND e.x ?| '{fields,names}';
    IF rows IS NOT NULL THEN
      PERFORM cc_intake_profiles(rows);
    END IF;
  END IF;

  IF 'to' = ANY (has) THEN
    SELECT jsonb_agg(jsonb_build_object('account', e.account, 'key', e.key, 'to', e.x -> 'to')
                     ORDER BY e.i)
    INTO rows FROM unnest(go, accounts, keys, kinds, x) WITH ORDINALITY
      AS e (go, account, key, kind, x, i) WHERE e.go AND e.kind = 'move';
    IF rows IS NOT NULL THEN
      PERFORM cc_intake_moves(rows);
    END IF;
  END IF;

  IF 'start' = ANY (has) THEN
    SELECT jsonb_agg(jsonb_build_object('account', e.account, 'identity', e.identity,
             'digest', e.x ->> 'start'))
    INTO rows FROM unnest(go, accounts, identity, x) AS e (go, account, identity, x)
    WHERE e.go AND e.x ? 'start';
    IF rows IS NOT NULL THEN
      jobs_made := jobs_made + cc_intake_starts(rows);
    END IF;
  END IF;

  IF 'profile' = ANY (has) THEN
    SELECT jsonb_agg(jsonb_build_object('account', e.account, 'identity', e.identity,
             'fields', e.x -> 'profile'))
    INTO rows FROM unnest(go, accounts, identity, x) AS e (go, account, identity, x)
    WHERE e.go AND e.x ? 'profile';
    IF rows IS NOT NULL THEN
      jobs_made := jobs_made + cc_intake_look_up(rows);
    END IF;
  END IF;

  IF 'opt_out' = ANY (has) THEN
    INSERT INTO consents (id, identity_id, purpose, granted, text_version, source)
    SELECT cc_new_id(), e.identity, 'messages', NOT (e.x ->> 'opt_out')::boolean, '', e.external
    FROM unnest(go, identity, externals, x) AS e (go, identity, external, x)
    WHERE e.go AND e.x ? 'opt_out';
  END IF;

  IF 'unsupported' = ANY (has) THEN
    WITH kept AS (
      INSERT INTO quarantine (id, account_id, kind, error, request)
      SELECT cc_new_id(), e.account, 'unsupported', e.x #>> '{unsupported,error}',
             decode(e.x #>> '{unsupported,request}', 'base64')
      FROM unnest(go, accounts, x) AS e (go, account, x) WHERE e.go AND e.x ? 'unsupported'
      RETURNING id, version
    )
    INSERT INTO events (kind, subject_kind, subject_id, version, actor, cause)
    SELECT 'quarantine.changed', 'quarantine', id, version, 'system', 'unsupported' FROM kept;
  END IF;
  RETURN jobs_made;
END
$$;

-- ids: of the messages, also of their raw rows. externals: the dedupe keys. bodies: the raw request,
-- NULL where another event of it carries it. kinds: in, auto (an answering machine) and out (written
-- by us elsewhere) are messages; edit, delete, receipt, profile, move (to `to`); probe is the key of
-- a message that an edit of this batch is about. media, addresses, names, proofs: the sender. datas: messages.data
-- as JSON. ats: the provider's time. modes: NULL while nobody has judged the message, then attach |
-- open | bot | append | file. extras: what few events have, as JSON: verdict, claims, files, target,
-- status, reason, up_to, own, reply_to, subject, locale, touchpoint, fields, opt_out, unsupported,
-- group ({key, place}: a piece of a message told in several), start (the digest of a link's word),
-- profile (what is known of somebody who is to be looked up).
--
-- Answer: fresh, the new events, counted from 1; jobs, of new jobs; back: the messages that were NOT
-- written, with the facts triage needs: [{i, facts}], i from 1.
--
-- The settings pin every plan to index look-ups in nested loops: plans are cached as long as the
-- writer lives, also where its first batch met empty tables. For the same reason open contacts are
-- found by `closed_at IS NULL`: where the table is empty, `state = 'open'` invites the planner to
-- read one of the partial indexes on open contacts from end to end.
DROP FUNCTION IF EXISTS cc_intake;
CREATE FUNCTION cc_intake(
  ids uuid[], accounts uuid[], externals text[], bodies bytea[], kinds text[], keys text[],
  media text[], addresses text[], names text[], proofs text[], texts text[], datas text[],
  ats timestamptz[], modes text[], extras text[]
) RETURNS jsonb LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  spoken CONSTANT text[] := '{in,auto,out}';
  n CONSTANT int := cardinality(ids);
  go boolean[];         -- what this call writes
  x jsonb[];            -- extras, parsed; NULL where the whole batch has none
  has text[] := '{}';   -- their keys
  identity uuid[];      -- of the sender
  contact uuid[];
  fresh int[];
  lockable uuid[];
  alive uuid[];
  missing boolean;
  joins uuid[];         -- the messages that pieces join
  rows jsonb;
  made jsonb;
  r record;
  i int;
  back jsonb := '[]';
  jobs_made int := 0;
BEGIN
  IF EXISTS (SELECT 1 FROM unnest(extras) AS u (e) WHERE e IS NOT NULL) THEN
    x := ARRAY(SELECT e::jsonb FROM unnest(extras) WITH ORDINALITY AS u (e, i) ORDER BY u.i);
    has := ARRAY(SELECT DISTINCT k.k FROM unnest(x) AS u (x), jsonb_object_keys(u.x) AS k (k));
  END IF;

  IF 'answers' = ANY (has) THEN
    keys := cc_intake_conversations(accounts, keys, x);
  END IF;

  -- (0) A message nobody has judged goes back unwritten when no open contact waits for it, or when
  -- something was expected of its sender.
  SELECT array_agg(c.id ORDER BY e.i),
         array_agg(e.kind <> ALL (spoken) OR e.mode IS NOT NULL
                   OR (c.id IS NOT NULL AND p.expected IS NULL) ORDER BY e.i)
  INTO contact, go
  FROM unnest(accounts, keys, kinds, modes) WITH ORDINALITY AS e (account, key, kind, mode, i)
  LEFT JOIN LATERAL (
    SELECT o.id FROM contacts o
    WHERE e.kind = ANY (spoken) AND o.account_id = e.account AND o.conversation_key = e.key
      AND o.closed_at IS NULL OFFSET 0) c ON true
  LEFT JOIN LATERAL (
    SELECT true AS expected FROM expectations t
    WHERE e.kind = 'in' AND e.mode IS NULL AND t.account_id = e.account
      AND t.conversation_key = e.key AND t.until > now() OFFSET 0) p ON true;
  IF false = ANY (go) THEN
    SELECT jsonb_agg(jsonb_build_object('i', g, 'facts', cc_intake_facts(accounts[g], keys[g]))
                     ORDER BY g)
    INTO back FROM generate_series(1, n) AS g WHERE NOT go[g];
    IF NOT true = ANY (go) THEN
      RETURN jsonb_build_object('fresh', '{}'::int[], 'jobs', 0, 'back', back);
    END IF;
  END IF;

  -- (1) Dedupe keys: only what this call inserts goes on.
  WITH inserted AS (
    INSERT INTO inbound_keys (account_id, external_id)
    SELECT e.a, e.e FROM unnest(accounts, externals, go) AS e (a, e, go)
    WHERE e.go ORDER BY e.a, e.e COLLATE "C"
    ON CONFLICT DO NOTHING RETURNING account_id, external_id
  )
  SELECT array_agg(s.i) INTO fresh FROM (
    SELECT max(both_sides.i) AS i FROM (
      SELECT account_id AS a, external_id AS e, NULL::bigint AS i FROM inserted UNION ALL
      SELECT u.a, u.e, u.i FROM unnest(accounts, externals, go) WITH ORDINALITY AS u (a, e, go, i)
      WHERE u.go) AS both_sides
    GROUP BY both_sides.a, both_sides.e HAVING count(*) = 2) s;
  IF fresh IS NULL THEN
    RETURN jsonb_build_object('fresh', '{}'::int[], 'jobs', 0, 'back', back);
  END IF;
  go := array_fill(false, ARRAY[n]);
  FOREACH i IN ARRAY fresh LOOP
    go[i] := kinds[i] <> 'probe';
  END LOOP;
  IF 'probe' = ANY (kinds) THEN  -- the probe has served: the message itself has not come yet
    DELETE FROM inbound_keys k USING unnest(accounts, externals, kinds) WITH ORDINALITY
      AS e (account, external, kind, i)
    WHERE e.kind = 'probe' AND e.i = ANY (fresh) AND k.account_id = e.account
      AND k.external_id = e.external;
  END IF;

  -- (2) Identities: find, make the missing ones in address order, find again.
  SELECT array_agg(d.id ORDER BY e.i), bool_or(e.go AND d.id IS NULL AND e.kind <> 'receipt'),
         jsonb_agg(jsonb_build_object('identity', d.id, 'proof', e.proof, 'name', e.name))
           FILTER (WHERE e.go AND d.proof = 'claimed' AND e.proof <> 'claimed')
  INTO identity, missing, rows
  FROM unnest(go, kinds, media, addresses, names, proofs)
       WITH ORDINALITY AS e (go, kind, medium, address, name, proof, i)
  LEFT JOIN LATERAL (SELECT o.id, o.proof FROM identities o WHERE e.go AND o.medium = e.medium
                     AND o.value = e.address OFFSET 0) d ON true;
  IF rows IS NOT NULL THEN
    PERFORM cc_intake_vouch(rows);
  END IF;
  IF missing THEN
    IF 'touchpoint' = ANY (has) THEN
      PERFORM cc_intake_touchpoints(
        (SELECT jsonb_agg(e.x -> 'touchpoint') FROM unnest(x, go) AS e (x, go)
         WHERE e.go AND e.x ? 'touchpoint'));
    END IF;
    SELECT jsonb_agg(jsonb_build_object(
      'i', e.i, 'medium', e.medium, 'value', e.address, 'name', e.name, 'proof', e.proof,
      'locale', e.x -> 'locale', 'claims', coalesce(e.x -> 'claims', '[]'),
      'touchpoint', cc_intake_touchpoint(e.account, e.x -> 'touchpoint')))
    INTO rows
    FROM unnest(go, kinds, identity, accounts, media, addresses, names, proofs, x) WITH ORDINALITY
         AS e (go, kind, identity, account, medium, address, name, proof, x, i)
    WHERE e.go AND e.identity IS NULL AND (e.kind = ANY (spoken) OR e.kind = 'profile');
    IF rows IS NOT NULL THEN
      PERFORM cc_intake_register(rows);
      SELECT array_agg(d.id ORDER BY e.i) INTO identity
      FROM unnest(go, media, addresses) WITH ORDINALITY AS e (go, medium, address, i)
      LEFT JOIN LATERAL (SELECT o.id FROM identities o WHERE e.go AND o.medium = e.medium
                         AND o.value = e.address OFFSET 0) d ON true;
    END IF;
  END IF;
  IF 'claims' = ANY (has) THEN
    SELECT jsonb_agg(jsonb_build_object('identity', e.identity, 'claims', e.x -> 'claims',
      'touchpoint', cc_intake_touchpoint(e.account, e.x -> 'touchpoint')))
    INTO rows FROM unnest(go, identity, accounts, x) AS e (go, identity, account, x)
    WHERE e.go AND e.x ? 'claims';
    IF rows IS NOT NULL THEN
      PERFORM cc_intake_claims(rows);
    END IF;
  END IF;

  -- (3) Lock by id all contacts this call may touch. One that has closed meanwhile is of use only
  -- where the verdict or a change of an old message names it.
  lockable := ARRAY(SELECT DISTINCT e.id FROM unnest(contact, go) AS e (id, go)
                    WHERE e.go AND e.id IS NOT NULL);
  IF 'target' = ANY (has) OR 'append' = ANY (modes) THEN
    lockable := lockable || cc_intake_named(go, kinds, accounts, keys, x);
  END IF;
  SELECT coalesce(array_agg(o.id) FILTER (WHERE o.state = 'open'), '{}') INTO alive FROM (
    SELECT c.id, c.state FROM contacts c WHERE c.id = ANY (lockable)
    ORDER BY c.id FOR NO KEY UPDATE) o;
  SELECT array_agg(t.id ORDER BY t.i), bool_or(t.id IS NULL AND t.go) INTO contact, missing FROM (
    SELECT e.i, e.go AND e.kind = ANY (spoken) AS go, CASE
      WHEN NOT e.go OR e.kind <> ALL (spoken) OR e.mode = 'file' THEN NULL
      WHEN e.mode = 'append' AND (e.x #> '{verdict,strict}' = 'true' OR e.id IS NULL
                                  OR e.id <> ALL (alive))
        THEN (e.x #>> '{verdict,contact_id}')::uuid
      WHEN e.id = ANY (alive) THEN e.id END AS id
    FROM unnest(go, kinds, modes, x, contact) WITH ORDINALITY AS e (go, kind, mode, x, id, i)) t;

  -- Make the missing contacts in key order. Who loses a race finds the winner's; an event that has
  -- none even so goes back: its contact was closed under it.
  IF missing THEN
    -- What a contact closed under it was joined into goes on there: judged anew, with that one's
    -- facts. The join held the lock we have waited for, so it is seen here.
    FOR i IN SELECT u.i FROM unnest(go, kinds, contact, x) WITH ORDINALITY
               AS u (go, kind, contact, x, i)
             WHERE u.go AND u.contact IS NULL AND u.kind = ANY (spoken) AND u.x ? 'answers' LOOP
      CONTINUE WHEN keys[i] = cc_intake_joined(accounts[i], keys[i]);
      go[i] := false;
      fresh := array_remove(fresh, i);
      DELETE FROM inbound_keys WHERE account_id = accounts[i] AND external_id = externals[i];
      back := back || jsonb_build_object('i', i, 'facts',
        cc_intake_facts(accounts[i], cc_intake_joined(accounts[i], keys[i])));
    END LOOP;
    SELECT jsonb_agg(jsonb_build_object(
      'i', e.i, 'account', e.account, 'key', e.key, 'identity', e.identity, 'proof', e.proof,
      'touchpoint', cc_intake_touchpoint(e.account, e.x -> 'touchpoint'), 'data', e.data::jsonb,
      'mode', e.mode, 'locale', e.x -> 'locale', 'subject', e.x -> 'subject',
      'verdict', e.x -> 'verdict'))
    INTO rows
    FROM unnest(go, kinds, contact, accounts, keys, identity, proofs, datas, modes, x)
         WITH ORDINALITY
         AS e (go, kind, contact, account, key, identity, proof, data, mode, x, i)
    WHERE e.go AND e.kind = ANY (spoken) AND e.contact IS NULL AND e.mode IN ('open', 'bot', 'file');
    made := CASE WHEN rows IS NOT NULL THEN cc_intake_open(rows) END;
    SELECT array_agg(coalesce(e.contact, m.id, o.id) ORDER BY e.i) INTO contact
    FROM unnest(go, kinds, contact, accounts, keys, modes)
         WITH ORDINALITY AS e (go, kind, contact, account, key, mode, i)
    LEFT JOIN LATERAL (
      SELECT t.id FROM jsonb_to_recordset(made) AS t (id uuid, account uuid, key text, filed boolean)
      WHERE e.go AND e.contact IS NULL AND e.kind = ANY (spoken) AND t.account = e.account
        AND t.key = e.key AND t.filed = (e.mode IS NOT DISTINCT FROM 'file') OFFSET 0) m ON true
    LEFT JOIN LATERAL (
      SELECT c.id FROM contacts c
      WHERE e.go AND e.contact IS NULL AND e.kind = ANY (spoken) AND m.id IS NULL
        AND c.account_id = e.account AND c.conversation_key = e.key AND c.closed_at IS NULL
      OFFSET 0) o ON true;
    FOR i IN 1 .. n LOOP
      IF go[i] AND kinds[i] = ANY (spoken) AND contact[i] IS NULL THEN
        go[i] := false;
        fresh := array_remove(fresh, i);
        DELETE FROM inbound_keys WHERE account_id = accounts[i] AND external_id = externals[i];
        back := back || jsonb_build_object('i', i, 'facts', cc_intake_facts(accounts[i], keys[i]));
      END IF;
    END LOOP;
  END IF;

  -- The raw requests.
  INSERT INTO raw_events (id, account_id, external_id, body, received_at)
  SELECT e.id, e.account, e.external, e.body, now()
  FROM unnest(ids, accounts, externals, bodies, go) AS e (id, account, external, body, go)
  WHERE e.go AND e.body IS NOT NULL;

  IF 'group' = ANY (has) THEN
    joins := cc_intake_group(go, kinds, accounts, keys, contact, ids, x);
    SELECT array_agg(coalesce(e.joined, e.id) ORDER BY e.i),
           array_agg(CASE WHEN e.joined IS NULL THEN e.kind ELSE 'piece' END ORDER BY e.i)
    INTO ids, kinds FROM unnest(joins, ids, kinds) WITH ORDINALITY AS e (joined, id, kind, i);
  END IF;

  -- (4) Messages, numbered without gaps within their contact, and what the contact shows of them.
  -- Each contact carries the places of its messages through the update: to join them to it again
  -- would compare each with each.
  WITH e AS (
    SELECT u.contact, u.i::int AS i, u.kind,
           u.kind = 'in' AND u.mode IS DISTINCT FROM 'append' AS rings,
           coalesce(nullif(u.text, ''), u.x #>> '{files,0,name}', '') AS shown,
           CASE u.kind WHEN 'out' THEN 'outbound'
                       ELSE coalesce(u.x #>> '{verdict,kind}', 'inbound') END AS written
    FROM unnest(contact, kinds, texts, modes, x, go)
         WITH ORDINALITY AS u (contact, kind, text, mode, x, go, i)
    WHERE u.go AND u.kind = ANY (spoken)
  ), per AS (
    SELECT contact, count(*)::int AS n, bool_or(rings) AS rings,
           (array_agg(shown ORDER BY i DESC))[1] AS shown,
           (array_agg(kind ORDER BY i DESC) FILTER (WHERE rings OR kind = 'out'))[1] AS turn,
           array_agg(i ORDER BY i) AS places, array_agg(written ORDER BY i) AS written
    FROM e GROUP BY contact
  ), bumped AS (
    UPDATE contacts c SET
      last_seq = c.last_seq + p.n, version = c.version + p.n,
      last_text = CASE WHEN c.state = 'open' OR c.last_seq = 0 THEN left(p.shown, 200)
                       ELSE c.last_text END,
      last_kind = CASE WHEN c.state = 'open' OR c.last_seq = 0 THEN p.written[p.n]
                       ELSE c.last_kind END,
      last_at = CASE WHEN c.state = 'open' OR c.last_seq = 0 THEN now() ELSE c.last_at END,
      awaiting = CASE WHEN c.state <> 'open' OR p.turn IS NULL THEN c.awaiting
                      WHEN p.turn = 'out' THEN 'client' ELSE 'us' END,
      waiting_since = CASE WHEN c.state <> 'open' OR p.turn IS NULL THEN c.waiting_since
                           WHEN p.turn = 'out' THEN NULL
                           WHEN c.awaiting = 'us' THEN coalesce(c.waiting_since, now())
                           ELSE now() END,
      first_reply_at = CASE WHEN c.state = 'open' AND p.turn = 'out'
                            THEN coalesce(c.first_reply_at, now()) ELSE c.first_reply_at END,
      snoozed_until = CASE WHEN p.rings THEN NULL ELSE c.snoozed_until END
    FROM per p WHERE c.id = p.contact
    RETURNING c.id, c.last_seq - p.n AS seq, c.version - p.n AS version, c.queue_id, c.operator_id,
              c.identity_id, p.places, p.written
  ), placed AS (
    SELECT b.id AS contact, b.seq + u.k AS seq, b.version + u.k AS version, b.queue_id,
           b.operator_id, b.identity_id AS owner, u.i, u.written, ids[u.i] AS id,
           identity[u.i] AS identity, kinds[u.i] AS kind, modes[u.i] AS mode, x[u.i] AS x
    FROM bumped b
    CROSS JOIN LATERAL unnest(b.places, b.written) WITH ORDINALITY AS u (i, written, k)
  ), joined AS (
    INSERT INTO participants (contact_id, identity_id, role, verified)
    SELECT p.contact, p.identity, 'member', bool_or(proofs[p.i] <> 'claimed')
    FROM placed p WHERE p.identity <> p.owner AND p.kind <> 'out'
    GROUP BY p.contact, p.identity ORDER BY p.contact, p.identity
    ON CONFLICT DO NOTHING
  ), written AS (
    INSERT INTO messages (id, contact_id, seq, kind, identity_id, text, external_id, reply_to, data,
                          provider_at)
    SELECT p.id, p.contact, p.seq, p.written, CASE WHEN p.kind <> 'out' THEN p.identity END,
           texts[p.i], externals[p.i],
           CASE WHEN p.x ? 'reply_to' THEN cc_intake_reply(p.contact, p.x ->> 'reply_to') END,
           coalesce(datas[p.i]::jsonb, '{}'), ats[p.i]
    FROM placed p ORDER BY p.i
  )
  INSERT INTO events (kind, subject_kind, subject_id, version, identity_id, actor, cause, data)
  SELECT 'message.added', 'contact', p.contact, p.version, p.identity,
         CASE p.kind WHEN 'out' THEN 'provider' ELSE 'client' END,
         coalesce(CASE WHEN p.mode IN ('append', 'file') THEN p.x #>> '{verdict,cause}' END, ''),
         jsonb_build_object('message_id', p.id, 'seq', p.seq, 'kind', p.written,
                            'queue_id', p.queue_id, 'operator_id', p.operator_id)
  FROM placed p ORDER BY p.i;

  -- (5) A turn in the waiting line for each new contact that somebody is to take.
  IF made IS NOT NULL THEN
    SELECT jsonb_agg(jsonb_build_object('i', t.i, 'contact', t.id, 'verdict', x[t.i] -> 'verdict'))
    INTO rows FROM jsonb_to_recordset(made) AS t (i int, id uuid) WHERE modes[t.i] = 'open';
    IF rows IS NOT NULL THEN
      jobs_made := cc_intake_wait(rows);
    END IF;
  END IF;
  IF joins IS NOT NULL THEN
    PERFORM cc_intake_pieces(go, kinds, accounts, keys, externals, ids, texts, datas, x);
  END IF;
  IF EXISTS (SELECT 1 FROM parked_changes) THEN
    PERFORM cc_intake_unpark(accounts, externals, ids, go);
  END IF;
  IF has && '{body,aliases,cursor}' THEN
    PERFORM cc_intake_letters(go, ids, accounts, keys, x);
  END IF;
  IF has && '{target,files,fields,names,opt_out,unsupported,start,profile,to}' THEN
    jobs_made := jobs_made + cc_intake_rest(has, go, ids, accounts, externals, kinds, keys, addresses, names,
                                texts, ats, identity, contact, x);
  END IF;
  IF jobs_made > 0 THEN  -- as `Unit.ring` does: the runners of all processes hear of it by the log
    INSERT INTO events (kind, subject_kind, subject_id, version, actor, data)
    VALUES ('bell.rung', 'bell', cc_new_id(), 1, 'system', '{"topics": ["jobs"]}');
  END IF;
  RETURN jsonb_build_object('fresh', fresh, 'jobs', jobs_made, 'back', back);
END
$$;
