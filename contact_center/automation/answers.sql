-- Answers a machine gives, for many contacts at once: message, outbox row and log of each that the
-- budgets allow (RFC 3834 section 2): one of a kind per contact, so many of all kinds per address
-- and day and per account and hour. The budgets are counted and spent in one locked step, for two at
-- once would both find the last place free; they are locked last, for the writing alone.
-- Returns the accounts that have something to send now. Rows are found by ids or OFFSET 0 alone: a
-- plan made while the tables are empty reads them whole later.
CREATE OR REPLACE FUNCTION cc_answer(
  asked uuid[], ids uuid[], texts text[], per_day int, per_hour int, kind text
) RETURNS uuid[] LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  alive uuid[];
  lines uuid[];
  taken uuid[];
  woken uuid[];
BEGIN
  SELECT array_agg(c.id) FILTER (WHERE c.state = 'open') INTO alive FROM (
    SELECT o.id, o.state FROM contacts o WHERE o.id = ANY (asked)
    ORDER BY o.id FOR NO KEY UPDATE) c;
  INSERT INTO outbox_lines (id, account_id, conversation_key)
  SELECT cc_new_id(), c.account_id, c.conversation_key FROM contacts c
  WHERE c.id = ANY (alive) ORDER BY c.account_id, c.conversation_key
  ON CONFLICT (account_id, conversation_key) DO NOTHING;
  lines := ARRAY(
    SELECT o.id FROM contacts c CROSS JOIN LATERAL (
      SELECT n.id FROM outbox_lines n
      WHERE n.account_id = c.account_id AND n.conversation_key = c.conversation_key OFFSET 0) o
    WHERE c.id = ANY (alive));
  PERFORM 1 FROM outbox_lines l WHERE l.id = ANY (lines) ORDER BY l.id FOR NO KEY UPDATE;

  PERFORM pg_advisory_xact_lock(hashtext('auto_answers'));
  WITH wanted AS (
    SELECT a.i, c.id, c.account_id, lower(d.value) AS address
    FROM unnest(asked) WITH ORDINALITY AS a (id, i)
    CROSS JOIN LATERAL (SELECT * FROM contacts o WHERE o.id = a.id OFFSET 0) c
    CROSS JOIN LATERAL (SELECT o.value FROM identities o WHERE o.id = c.identity_id OFFSET 0) d
    WHERE a.id = ANY (alive) AND (
      SELECT g.kind FROM auto_answers g
      WHERE g.contact_id = a.id AND g.kind = cc_answer.kind OFFSET 0) IS NULL
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
    SELECT h.id, cc_answer.kind, h.account_id, h.address
    FROM hourly h JOIN spent s ON s.account_id = h.account_id
    WHERE h.place + s.given <= per_hour ORDER BY h.i
    RETURNING n.contact_id
  )
  SELECT array_agg(m.contact_id) INTO taken FROM made m;

  WITH said AS (
    SELECT * FROM unnest(asked, ids, texts) AS a (contact, id, text) WHERE a.contact = ANY (taken)
  ), bumped AS (  -- the list goes on showing what the client wrote, for that is what is waiting
    UPDATE contacts c SET last_seq = c.last_seq + 1, version = c.version + 1
    WHERE c.id = ANY (taken)
    RETURNING c.id, c.last_seq, c.version, c.account_id, c.conversation_key, c.identity_id,
              c.queue_id, c.operator_id
  ), written AS (
    INSERT INTO messages (id, contact_id, seq, kind, text, data)
    SELECT s.id, s.contact, b.last_seq, 'outbound', s.text, '{"letter": {"automatic": true}}'
    FROM said s JOIN bumped b ON b.id = s.contact
  ), line AS (
    UPDATE outbox_lines l SET last_seq = l.last_seq + 1 WHERE l.id = ANY (lines)
    RETURNING l.id, l.last_seq, l.account_id, l.conversation_key
  ), queued AS (
    INSERT INTO outbox (id, line_id, seq, account_id, contact_id, message_id, origin, class,
                        payload, state, due_at)
    SELECT cc_new_id(), l.id, l.last_seq, l.account_id, b.id, s.id, 'rule', 'automatic',
           jsonb_build_object('text', s.text), 'pending', now()
    FROM said s JOIN bumped b ON b.id = s.contact
    JOIN line l ON l.account_id = b.account_id AND l.conversation_key = b.conversation_key
    RETURNING outbox.account_id
  ), logged AS (
    INSERT INTO events (kind, subject_kind, subject_id, version, identity_id, actor, cause, data)
    SELECT 'message.added', 'contact', b.id, b.version, b.identity_id, 'system', cc_answer.kind,
           jsonb_build_object('message_id', s.id, 'seq', b.last_seq, 'kind', 'outbound',
                              'queue_id', b.queue_id, 'operator_id', b.operator_id)
    FROM said s JOIN bumped b ON b.id = s.contact
  )
  SELECT array_agg(DISTINCT q.account_id) INTO woken FROM queued q;
  RETURN coalesce(woken, '{}');
END
$$;
