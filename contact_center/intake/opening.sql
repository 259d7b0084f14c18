-- New contacts of a batch, their places in the line, and the files to be fetched for them.
-- Rare steps of intake/batch.sql.

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

-- New contacts, in key order. Filed ones are closed from the start. They are made with the numbers
-- of their messages of this batch (batch.sql, step 4, says what a contact shows of them), for a row
-- that is changed in the transaction that made it has all its foreign keys checked again; where
-- pieces of messages came, batch.sql counts itself. So the answer that confirms a letter is counted:
-- who calls this writes it. Columns as in cc_intake; `contact` holds what is known. Returns those made
-- here, the message that opened each, the places of all of it, how it is confirmed, and whether that
-- is left to a job: what tells the wait comes later, for the router has to know of it first.
DROP FUNCTION IF EXISTS cc_intake_open;
CREATE FUNCTION cc_intake_open(
  go boolean[], kinds text[], contact uuid[], accounts uuid[], keys text[], identity uuid[],
  proofs text[], texts text[], datas text[], modes text[], ids uuid[], x jsonb[],
  counted boolean
) RETURNS TABLE (id uuid, i int, places int[], said text, later boolean) LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY WITH e AS (
    SELECT g.i, accounts[g.i] AS account, keys[g.i] AS key, kinds[g.i] AS kind,
           modes[g.i] AS mode, modes[g.i] IS NOT DISTINCT FROM 'file' AS filed,
           kinds[g.i] = 'in' AND modes[g.i] IS DISTINCT FROM 'append' AS rings,
           coalesce(nullif(texts[g.i], ''), x[g.i] #>> '{files,0,name}', '') AS shown,
           CASE kinds[g.i] WHEN 'out' THEN 'outbound'
                           ELSE coalesce(x[g.i] #>> '{verdict,kind}', 'inbound') END AS written
    FROM generate_series(1, cardinality(ids)) AS g (i)
    WHERE go[g.i] AND contact[g.i] IS NULL AND kinds[g.i] IN ('in', 'auto', 'out')
  ), asked AS (
    SELECT g.account, g.key, g.filed, g.n, g.places, g.i, modes[g.i] AS mode, x[g.i] AS x,
           x[g.i] -> 'verdict' AS verdict,
           cc_id_beside(ids[g.i], '\x03') AS id, shown[g.n] AS text, written[g.n] AS last_kind,
           CASE WHEN counted AND NOT g.filed THEN turns[cardinality(turns)] END AS turn
    FROM (
      SELECT account, key, filed,
             CASE WHEN counted THEN count(*)::int ELSE 0 END AS n, array_agg(i ORDER BY i) AS places,
             min(i) FILTER (WHERE mode IN ('open', 'bot', 'file')) AS i,
             array_agg(shown ORDER BY i) AS shown, array_agg(written ORDER BY i) AS written,
             array_agg(kind ORDER BY i) FILTER (WHERE rings OR kind = 'out') AS turns
      FROM e GROUP BY account, key, filed) g
    WHERE g.i IS NOT NULL
  ), told AS (
    SELECT r.*, a.medium, a.brand_id, a.touchpoint_id, q.id AS queue_id, q.priority_seconds,
           q.name AS queue, w.template,
           (counted AND w.template !~ '\{(position|wait)\}')::int AS confirmed
    FROM asked r JOIN accounts a ON a.id = r.account
    CROSS JOIN LATERAL (
      SELECT o.id, o.name, o.priority_seconds, o.letters FROM queues o
      WHERE o.id = coalesce((r.verdict ->> 'queue_id')::uuid, a.queue_id) OFFSET 0) q
    CROSS JOIN LATERAL (SELECT CASE
      WHEN r.mode = 'open' AND a.medium = 'mail' AND q.letters ? 'confirmation'
           AND r.verdict ->> 'follows_id' IS NULL
           AND cc_may_answer(datas[r.i]::jsonb -> 'mail', a.settings)
      THEN cc_confirmation(q.letters -> 'confirmation', r.x ->> 'locale', r.x ->> 'subject', (
        SELECT o.name FROM identities o WHERE o.id = identity[r.i])) END AS template OFFSET 0) w
  ), made AS (
    INSERT INTO contacts (id, account_id, conversation_key, medium, brand_id, queue_id, identity_id,
      touchpoint_id, follows_id, state, subject, locale, priority_seconds, awaiting, spam,
      automatic, data, closed_at, last_seq, version, last_text, last_kind, last_at, waiting_since,
      first_reply_at)
    SELECT r.id, r.account, r.key, r.medium, r.brand_id, r.queue_id, identity[r.i],
           CASE WHEN r.x ? 'touchpoint' THEN cc_intake_touchpoint(r.account, r.x -> 'touchpoint')
                ELSE r.touchpoint_id END,
           (r.verdict ->> 'follows_id')::uuid,
           CASE r.mode WHEN 'file' THEN 'closed' ELSE 'open' END, r.x ->> 'subject',
           r.x ->> 'locale',
           -- however it adds up, nobody is passed without end (House.most_priority_seconds)
           least(3600, r.priority_seconds + coalesce((r.verdict ->> 'priority_seconds')::int, 0)),
           CASE WHEN r.turn IS NULL THEN 'nobody' WHEN r.turn = 'out' THEN 'client' ELSE 'us' END,
           coalesce((r.verdict ->> 'spam')::boolean, false),
           coalesce((r.verdict ->> 'automatic')::boolean, false), coalesce(datas[r.i]::jsonb, '{}'),
           CASE r.mode WHEN 'file' THEN now() END,
           r.n + coalesce(r.confirmed, 0), 1 + r.n + coalesce(r.confirmed, 0),
           coalesce(left(r.text, 200), ''), coalesce(r.last_kind, ''),
           CASE WHEN r.n > 0 THEN now() END,
           CASE WHEN r.turn <> 'out' THEN now() END, CASE WHEN r.turn = 'out' THEN now() END
    FROM told r ORDER BY r.account, r.key COLLATE "C"
    ON CONFLICT (account_id, conversation_key) WHERE state = 'open' DO NOTHING
    RETURNING id, number, account_id, queue_id, brand_id, identity_id
  ), known AS (
    SELECT m.*, r.i, r.places, r.verdict, r.x, r.queue, r.template FROM made m JOIN told r ON r.id = m.id
  ), owners AS (
    INSERT INTO participants (contact_id, identity_id, verified)
    SELECT id, identity_id, proofs[i] <> 'claimed' FROM known
  ), logged AS (
    INSERT INTO events (kind, subject_kind, subject_id, version, identity_id, actor, cause, data)
    SELECT 'contact.opened', 'contact', k.id, 1, k.identity_id, 'client',
           coalesce(k.verdict ->> 'cause', ''),
           jsonb_build_object('queue_id', k.queue_id, 'operator_id', NULL,
                              'account_id', k.account_id)
    FROM known k ORDER BY k.i
  )
  SELECT k.id, k.i, k.places, CASE WHEN k.template !~ '\{(position|wait)\}' THEN
           replace(replace(replace(replace(replace(k.template, '{number}', k.number::text),
             '{subject}', coalesce(k.x ->> 'subject', '')),
             '{name}', (SELECT o.name FROM identities o WHERE o.id = k.identity_id)),
             '{brand}', (SELECT b.name FROM brands b WHERE b.id = k.brand_id)),
             '{queue}', k.queue) END,
         k.template ~ '\{(position|wait)\}'
  FROM known k;
END
$$;

-- The turn in the waiting line of new contacts, each with its verdict.
DROP FUNCTION IF EXISTS cc_intake_wait;
CREATE FUNCTION cc_intake_wait(opened uuid[], verdicts jsonb[]) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
  media jsonb := (SELECT p.body -> 'media' FROM policies p WHERE p.state = 'current');
BEGIN
  WITH made AS (
    INSERT INTO work AS w (id, contact_id, queue_id, medium, cost, origin, arrived_at,
      virtual_arrival, kept_ms, requirement, preferred_id, preferred_until)
    SELECT cc_id_beside(c.id, '\x04'), c.id, c.queue_id, c.medium,
           coalesce((media -> c.medium ->> 'points')::int, (r.verdict ->> 'cost')::int),
           CASE WHEN c.follows_id IS NULL THEN 'arrival' ELSE 'follow_up' END, now(),
           least((r.verdict ->> 'virtual_arrival')::timestamptz,
                 now() - make_interval(secs => c.priority_seconds)),
           greatest(0, coalesce(cc_ms(now()) - 1000 * c.priority_seconds
                                - cc_ms((r.verdict ->> 'virtual_arrival')::timestamptz), 0)),
           coalesce(r.verdict -> 'requirement', '{}') || CASE
             WHEN c.follows_id IS NOT NULL AND (  -- it was sent out of the line once: now it stays
               SELECT w.outcome FROM work w WHERE w.contact_id = c.follows_id
               ORDER BY w.arrived_at DESC LIMIT 1) IN ('mail_form', 'bot', 'voicemail')
             THEN '{"stays": true}'::jsonb ELSE '{}' END, (r.verdict ->> 'preferred_id')::uuid,
           now() + make_interval(secs => nullif((r.verdict ->> 'preferred_seconds')::int, 0))
    FROM unnest(opened, verdicts) WITH ORDINALITY AS r (contact, verdict, i)
    JOIN contacts c ON c.id = r.contact ORDER BY r.i
    RETURNING w AS turn
  )
  INSERT INTO events (kind, subject_kind, subject_id, version, identity_id, actor, cause, data)
  SELECT 'work.waiting', 'work', (m.turn).id, (m.turn).version, c.identity_id, 'client',
         (m.turn).origin, cc_work_snapshot(m.turn)
  FROM made m JOIN contacts c ON c.id = (m.turn).contact_id ORDER BY (m.turn).seq;
END
$$;

-- Their clients have written: who laid them aside is to have them again. Returns the number of jobs.
CREATE OR REPLACE FUNCTION cc_intake_wake(parked uuid[]) RETURNS int LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  jobs_made int;
BEGIN
  WITH jobs_asked AS (
    INSERT INTO jobs (id, kind, key, due_at)
    SELECT cc_new_id(), 'client_wrote', c.id::text, now() FROM unnest(parked) AS c (id)
    ON CONFLICT (kind, key) WHERE state IN ('waiting', 'running') DO NOTHING
    RETURNING id
  )
  SELECT count(*) INTO jobs_made FROM jobs_asked;
  RETURN jobs_made;
END
$$;

-- Files that came with messages: rows and a job for each that must be fetched; files the sender has
-- uploaded before are tied to their message. Returns the number of jobs.
-- What came inside its message is here already: it has a blob_key and a sha256.
-- rows: [{message, contact, account, owner, files: [{kind, ref, name, type, size, data, …}]}]
CREATE OR REPLACE FUNCTION cc_intake_files(rows jsonb) RETURNS int LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  jobs_made int;
BEGIN
  WITH tied AS (
    UPDATE attachments a SET message_id = r.message, contact_id = r.contact, version = a.version + 1
    FROM jsonb_to_recordset(rows)
         AS r (message uuid, contact uuid, account uuid, owner text, files jsonb)
    CROSS JOIN jsonb_to_recordset(r.files) AS f (data jsonb)
    WHERE a.id = CASE WHEN f.data ->> 'upload' ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'
                      THEN (f.data ->> 'upload')::uuid END
      AND a.message_id IS NULL AND a.account_id = r.account AND a.owner = r.owner
    RETURNING a.message_id, f.data ->> 'upload' AS upload
  ), made AS (
    INSERT INTO attachments (id, message_id, contact_id, account_id, owner, kind, name, type, size,
                             state, ref, data, blob_key, sha256)
    SELECT cc_new_id(), r.message, r.contact, r.account, r.owner, f.kind, f.name, f.type, f.size,
           CASE WHEN f.data ? 'upload' THEN 'gone'
                WHEN f.ref IS NULL OR f.blob_key IS NOT NULL THEN 'stored' ELSE 'wanted' END,
           CASE WHEN NOT coalesce(f.data, '{}') ? 'upload' THEN f.ref END,
           coalesce(f.data, '{}') || CASE WHEN f.data ? 'upload' THEN
             jsonb_build_object('reason', 'the upload is not here any more') ELSE '{}' END,
           f.blob_key, f.sha256
    FROM jsonb_to_recordset(rows)
         AS r (message uuid, contact uuid, account uuid, owner text, files jsonb)
    CROSS JOIN jsonb_to_recordset(r.files)
         AS f (kind text, ref text, name text, type text, size bigint, data jsonb, blob_key text,
               sha256 text)
    WHERE NOT coalesce(f.data, '{}') ? 'upload'
      OR NOT EXISTS (SELECT FROM tied t
                     WHERE t.message_id = r.message AND t.upload = f.data ->> 'upload')
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
