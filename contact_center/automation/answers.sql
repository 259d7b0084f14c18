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

-- Whether a machine may answer a letter: `mail` as its channel tells it, `settings` of its account.
-- Never another machine or us ourselves, nor a sender whom DMARC or his own header belies.
CREATE OR REPLACE FUNCTION cc_may_answer(mail jsonb, settings jsonb) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN mail IS NULL OR NOT mail ? 'from' OR mail ?| '{automatic,own,doubtful}' THEN false
    WHEN mail -> 'aligned' = 'true' THEN true
    WHEN mail #>> '{verdict,dmarc}' IN ('pass', 'fail') THEN false  -- or passed for another
    ELSE coalesce((settings ->> 'answer_unjudged')::boolean, true) END
$$;

-- Confirm new contacts in the transaction that opens them, as answers.py words it. What tells the
-- wait is left to a job, for the router has to know of them first. Returns the number of jobs.
CREATE OR REPLACE FUNCTION cc_confirm(opened uuid[]) RETURNS int LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  asked uuid[];
  texts text[];
  later uuid[];
  woken uuid[];
  jobs_made int;
BEGIN
  SELECT array_agg(s.id ORDER BY s.n) FILTER (WHERE NOT s.waits),
         array_agg(s.said ORDER BY s.n) FILTER (WHERE NOT s.waits),
         array_agg(s.id) FILTER (WHERE s.waits)
  INTO asked, texts, later
  FROM (
    SELECT w.id, w.n, w.template ~ '\{(position|wait)\}' AS waits,
      replace(replace(replace(replace(replace(w.template,
        '{number}', w.number::text), '{subject}', coalesce(w.subject, '')), '{name}', w.name),
        '{brand}', w.brand), '{queue}', w.queue) AS said
    FROM (
      SELECT u.n, c.id, c.number, c.subject, i.name, b.name AS brand, q.name AS queue, btrim(CASE
          WHEN lower(coalesce(nullif(c.locale, ''),
                     CASE WHEN concat(c.subject, i.name) ~ '[Ѐ-ӿ]' THEN 'ru' ELSE 'en' END)) ~ '^en'
          THEN coalesce(nullif(t.texts ->> 'en', ''), t.texts ->> 'ru')
          ELSE coalesce(nullif(t.texts ->> 'ru', ''), t.texts ->> 'en') END,
        E' \t\n\r') AS template
      FROM unnest(opened) WITH ORDINALITY AS u (id, n)
      CROSS JOIN LATERAL (SELECT * FROM contacts o WHERE o.id = u.id OFFSET 0) c
      JOIN queues q ON q.id = c.queue_id
      CROSS JOIN LATERAL (SELECT q.letters -> 'confirmation' AS texts) t
      JOIN identities i ON i.id = c.identity_id
      JOIN brands b ON b.id = c.brand_id
      JOIN accounts a ON a.id = c.account_id
      CROSS JOIN LATERAL (
        SELECT o.data -> 'mail' AS mail FROM messages o
        WHERE o.contact_id = c.id AND o.kind = 'inbound' ORDER BY o.seq LIMIT 1) m
      WHERE c.medium = 'mail' AND c.follows_id IS NULL AND t.texts IS NOT NULL
        AND cc_may_answer(m.mail, a.settings)) w
    WHERE w.template <> '') s;
  IF asked IS NOT NULL THEN
    -- Three per address and day, sixty per account and hour: as answers.py has them.
    woken := cc_answer(asked, ARRAY(SELECT cc_new_id() FROM unnest(asked)), texts, 3, 60,
                       'confirmation');
    IF cardinality(woken) > 0 THEN  -- as `Unit.ring` does
      INSERT INTO events (kind, subject_kind, subject_id, version, actor, data)
      SELECT 'bell.rung', 'bell', cc_new_id(), 1, 'system',
             jsonb_build_object('topics', jsonb_agg('outbox:' || u.id)) FROM unnest(woken) AS u (id);
    END IF;
  END IF;
  WITH made AS (
    INSERT INTO jobs (id, kind, key, due_at)
    SELECT cc_new_id(), 'letters.confirm', u.id::text, now() FROM unnest(later) AS u (id)
    ON CONFLICT (kind, key) WHERE state IN ('waiting', 'running') DO NOTHING
    RETURNING id
  )
  SELECT count(*) INTO jobs_made FROM made;
  RETURN jobs_made;
END
$$;
