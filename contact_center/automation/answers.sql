-- Answers a machine gives, for many contacts at once: message, outbox row and log of each that the
-- budgets allow (RFC 3834 section 2): one of a kind per contact, so many of all kinds per address
-- and day and per account and hour. The budgets are counted and spent in one locked step, for two at
-- once would both find the last place free; they are locked last, for the writing alone.
-- Rows are found by ids or OFFSET 0 alone: a plan made while the tables are empty reads them whole
-- later.

-- Contacts that are locked and counted with the answer already, as if each were given: nearly all
-- are, and a row that is changed in the transaction that made it has its foreign keys checked again.
-- So are new lines. What the budgets refuse is counted back. Returns the accounts that have
-- something to send now; `ring` says so in the log, as `Unit.ring` does.
CREATE OR REPLACE FUNCTION cc_answer_counted(
  asked uuid[], ids uuid[], texts text[], per_day int, per_hour int, kind text, ring boolean
) RETURNS uuid[] LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  fresh uuid[];
  lines uuid[];
  taken uuid[];
  refused uuid[];
  woken uuid[];
BEGIN
  WITH made AS (
    INSERT INTO outbox_lines AS l (id, account_id, conversation_key, last_seq)
    SELECT cc_id_beside(a.id, '\x05'), c.account_id, c.conversation_key, 1
    FROM unnest(asked, ids) AS a (contact, id)
    CROSS JOIN LATERAL (SELECT o.account_id, o.conversation_key FROM contacts o
                        WHERE o.id = a.contact OFFSET 0) c
    ORDER BY c.account_id, c.conversation_key
    ON CONFLICT (account_id, conversation_key) DO NOTHING RETURNING l.id
  )
  SELECT array_agg(m.id) INTO fresh FROM made m;
  IF cardinality(fresh) IS DISTINCT FROM cardinality(asked) THEN
    lines := ARRAY(
      SELECT o.id FROM contacts c CROSS JOIN LATERAL (
        SELECT n.id FROM outbox_lines n
        WHERE n.account_id = c.account_id AND n.conversation_key = c.conversation_key OFFSET 0) o
      WHERE c.id = ANY (asked) AND o.id <> ALL (coalesce(fresh, '{}')));
    PERFORM 1 FROM outbox_lines l WHERE l.id = ANY (lines) ORDER BY l.id FOR NO KEY UPDATE;
    UPDATE outbox_lines l SET last_seq = l.last_seq + 1 WHERE l.id = ANY (lines);
  END IF;

  PERFORM pg_advisory_xact_lock(hashtext('auto_answers'));
  WITH wanted AS (
    SELECT a.i, c.id, c.account_id, lower(d.value) AS address
    FROM unnest(asked) WITH ORDINALITY AS a (id, i)
    CROSS JOIN LATERAL (SELECT o.id, o.account_id, o.identity_id FROM contacts o
                        WHERE o.id = a.id OFFSET 0) c
    CROSS JOIN LATERAL (SELECT o.value FROM identities o WHERE o.id = c.identity_id OFFSET 0) d
    WHERE (
      SELECT g.kind FROM auto_answers g
      WHERE g.contact_id = a.id AND g.kind = cc_answer_counted.kind OFFSET 0) IS NULL
  ), daily AS (
    SELECT w.*, row_number() OVER (PARTITION BY w.address ORDER BY w.i) + (
      SELECT count(*) FROM auto_answers g
      WHERE g.address = w.address AND g.at > now() - interval '1 day') AS nth FROM wanted w
  ), hourly AS (
    SELECT d.*, row_number() OVER (PARTITION BY d.account_id ORDER BY d.i) AS place
    FROM daily d WHERE d.nth <= per_day
  ), spent AS (
    SELECT h.account_id, (
      SELECT count(*) FROM auto_answers g
      WHERE g.account_id = h.account_id AND g.at > now() - interval '1 hour') AS given
    FROM (SELECT DISTINCT account_id FROM hourly) h
  ), made AS (
    INSERT INTO auto_answers AS n (contact_id, kind, account_id, address)
    SELECT h.id, cc_answer_counted.kind, h.account_id, h.address
    FROM hourly h JOIN spent s ON s.account_id = h.account_id
    WHERE h.place + s.given <= per_hour ORDER BY h.i
    RETURNING n.contact_id
  )
  SELECT array_agg(m.contact_id) INTO taken FROM made m;

  IF cardinality(taken) IS DISTINCT FROM cardinality(asked) THEN
    refused := ARRAY(SELECT a.id FROM unnest(asked) AS a (id)
                     WHERE a.id <> ALL (coalesce(taken, '{}')));
    UPDATE outbox_lines l SET last_seq = l.last_seq - 1 FROM contacts c
    WHERE c.id = ANY (refused) AND l.account_id = c.account_id
      AND l.conversation_key = c.conversation_key;
    UPDATE contacts c SET last_seq = c.last_seq - 1, version = c.version - 1
    WHERE c.id = ANY (refused);
    IF taken IS NULL THEN
      RETURN '{}';
    END IF;
  END IF;

  WITH said AS (
    SELECT a.id, a.text, c.id AS contact, c.last_seq AS seq, c.version, c.account_id, c.identity_id,
           c.queue_id, c.operator_id, l.id AS line, l.last_seq AS place
    FROM unnest(asked, ids, texts) AS a (contact, id, text)
    CROSS JOIN LATERAL (SELECT o.id, o.last_seq, o.version, o.account_id, o.conversation_key,
                               o.identity_id, o.queue_id, o.operator_id FROM contacts o
                        WHERE o.id = a.contact OFFSET 0) c
    CROSS JOIN LATERAL (
      SELECT n.id, n.last_seq FROM outbox_lines n
      WHERE n.account_id = c.account_id AND n.conversation_key = c.conversation_key OFFSET 0) l
    WHERE a.contact = ANY (taken)
  ), written AS (
    INSERT INTO messages (id, contact_id, seq, kind, text, data)
    SELECT s.id, s.contact, s.seq, 'outbound', s.text, '{"letter": {"automatic": true}}' FROM said s
  ), queued AS (
    INSERT INTO outbox (id, line_id, seq, account_id, contact_id, message_id, origin, class,
                        payload, state, due_at)
    SELECT cc_id_beside(s.id, '\x06'), s.line, s.place, s.account_id, s.contact, s.id, 'rule', 'automatic',
           jsonb_build_object('text', s.text), 'pending', now()
    FROM said s
  ), logged AS (
    INSERT INTO events (kind, subject_kind, subject_id, version, identity_id, actor, cause, data)
    SELECT 'message.added', 'contact', s.contact, s.version, s.identity_id, 'system',
           cc_answer_counted.kind,
           jsonb_build_object('message_id', s.id, 'seq', s.seq, 'kind', 'outbound',
                              'queue_id', s.queue_id, 'operator_id', s.operator_id)
    FROM said s
    UNION ALL
    SELECT 'bell.rung', 'bell', (array_agg(s.id))[1], 1, NULL, 'system', '',
           jsonb_build_object('topics', jsonb_agg(DISTINCT 'outbox:' || s.account_id))
    FROM said s HAVING ring
  )
  SELECT array_agg(DISTINCT s.account_id) INTO woken FROM said s;
  RETURN woken;
END
$$;

-- Answer contacts that are there. Returns the accounts that have something to send now.
CREATE OR REPLACE FUNCTION cc_answer(
  asked uuid[], ids uuid[], texts text[], per_day int, per_hour int, kind text
) RETURNS uuid[] LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  alive uuid[];
BEGIN
  SELECT array_agg(c.id) FILTER (WHERE c.state = 'open') INTO alive FROM (
    SELECT o.id, o.state FROM contacts o WHERE o.id = ANY (asked)
    ORDER BY o.id FOR NO KEY UPDATE) c;
  SELECT array_agg(a.contact ORDER BY a.i), array_agg(a.id ORDER BY a.i),
         array_agg(a.text ORDER BY a.i)
  INTO asked, ids, texts
  FROM unnest(asked, ids, texts) WITH ORDINALITY AS a (contact, id, text, i)
  WHERE a.contact = ANY (alive);
  IF asked IS NULL THEN
    RETURN '{}';
  END IF;
  -- The list goes on showing what the client wrote, for that is what is waiting.
  UPDATE contacts c SET last_seq = c.last_seq + 1, version = c.version + 1
  WHERE c.id = ANY (asked);
  RETURN cc_answer_counted(asked, ids, texts, per_day, per_hour, kind, false);
END
$$;

-- Whether a machine may answer a letter: `mail` as its channel tells it, `settings` of its account.
-- Never another machine or us ourselves, nor a sender whom DMARC or his own header belies.
CREATE OR REPLACE FUNCTION cc_may_answer(mail jsonb, settings jsonb) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  IF mail IS NULL OR NOT mail ? 'from' OR mail ?| '{automatic,own,doubtful}' THEN
    RETURN false;
  ELSIF mail -> 'aligned' = 'true' THEN
    RETURN true;
  ELSIF mail #>> '{verdict,dmarc}' IN ('pass', 'fail') THEN
    RETURN false;  -- or passed for another
  END IF;
  RETURN coalesce((settings ->> 'answer_unjudged')::boolean, true);
END
$$;

-- The text of a queue that confirms a letter, in the client's language, as answers.py finds it; NULL
-- where there is none. Its places are empty yet.
CREATE OR REPLACE FUNCTION cc_confirmation(texts jsonb, locale text, subject text, name text)
RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  language text := lower(coalesce(nullif(locale, ''), CASE
    WHEN concat(subject, name) ~ '[Ѐ-ӿ]' THEN 'ru' ELSE 'en' END));
  first text := CASE WHEN language ~ '^en' THEN 'en' ELSE 'ru' END;
  other text := CASE WHEN language ~ '^en' THEN 'ru' ELSE 'en' END;
BEGIN
  RETURN nullif(btrim(coalesce(nullif(texts ->> first, ''), texts ->> other), E' \t\n\r'), '');
END
$$;

DROP FUNCTION IF EXISTS cc_confirm;
