-- The functions are plpgsql, which keeps its plans: an SQL function is planned anew at every call.
-- A kept plan may have been made while the tables were empty, when reading them whole is cheapest:
-- the planner is left no other means than their indexes.
--
-- Where a receipt and its message meet, in either order. Intake calls cc_deliveries (or cc_delivery
-- for one), the sender calls cc_delivery_meets after it has written provider ids. Both upsert the
-- same deliveries row, so whoever comes second sees the first and carries the news to the message:
-- none is lost, whatever the order. A status only ever grows by its weight, so any permutation of
-- receipts, with repeats, ends in the same state.

-- sent < failed < delivered < read: a failure settles only what was never delivered.
CREATE OR REPLACE FUNCTION cc_delivery_weight(status text) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE status WHEN 'sent' THEN 1 WHEN 'failed' THEN 2 WHEN 'delivered' THEN 3
                     WHEN 'read' THEN 4 ELSE 0 END
$$;

-- The outbox row behind the id of ours that a provider echoes (`Outbound.id`: the row's id, with a
-- tail for an attempt made anew and for a part of a long text, ".2of3", once "/2"); NULL for
-- anything else somebody sends.
CREATE OR REPLACE FUNCTION cc_own_id(own text) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN own ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(-r[0-9]+)?(\.[0-9]{1,4}of[0-9]{1,4}|/[0-9]+)?$'
              THEN left(own, 36)::uuid END
$$;

-- Which part such an id names, and of how many; {1,1} where it has no tail, NULL where the tail
-- does not tell how many there are.
CREATE OR REPLACE FUNCTION cc_own_part(own text) RETURNS int[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN own ~ '\.[0-9]{1,4}of[0-9]{1,4}$'
              THEN regexp_match(own, '\.([0-9]+)of([0-9]+)$')::int[]
              WHEN own !~ '/' THEN '{1,1}'::int[] END
$$;

-- Which part of a text goes behind the one that a row is at; NULL where none does. `only`: of one
-- that is sent again, the parts that had been lost.
CREATE OR REPLACE FUNCTION cc_part_after(payload jsonb) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN payload ? 'only' THEN (
                SELECT min(n.part::int) FROM jsonb_array_elements_text(payload -> 'only') AS n (part)
                WHERE n.part::int > here)
              WHEN here + 1 < coalesce((payload ->> 'of')::int, 1) THEN here + 1 END
  FROM (SELECT coalesce((payload ->> 'part')::int, 0) AS here) p
$$;

-- Tell the world that these messages changed: versions and one event a message. The caller holds
-- the locks of their contacts.
CREATE OR REPLACE FUNCTION cc_messages_changed(ids uuid[], who text, why text DEFAULT '')
RETURNS void LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
  WITH touched AS (
    UPDATE messages m SET version = m.version + 1 WHERE m.id = ANY(ids)
    RETURNING m.id, m.contact_id, m.seq, m.kind
  ), bumped AS (
    UPDATE contacts c SET version = c.version + t.n
    FROM (SELECT contact_id, count(*)::int AS n FROM touched GROUP BY contact_id) t
    WHERE c.id = t.contact_id
    RETURNING c.id, c.version - t.n AS before, c.queue_id, c.operator_id, c.identity_id
  )
  INSERT INTO events (kind, subject_kind, subject_id, version, identity_id, actor, cause, data)
  SELECT 'message.changed', 'contact', b.id,
         b.before + row_number() OVER (PARTITION BY b.id ORDER BY t.seq), b.identity_id, who, why,
         jsonb_build_object('message_id', t.id, 'seq', t.seq, 'kind', t.kind,
                            'queue_id', b.queue_id, 'operator_id', b.operator_id)
  FROM touched t JOIN bumped b ON b.id = t.contact_id;
END
$$;

-- The same by outbox rows.
CREATE OR REPLACE FUNCTION cc_outbox_changed(ids uuid[], who text, why text DEFAULT '')
RETURNS void LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  PERFORM cc_messages_changed(
    ARRAY(SELECT DISTINCT message_id FROM outbox WHERE id = ANY(ids) AND message_id IS NOT NULL),
    who, why);
END
$$;

-- The client has seen these messages of ours, so he has seen all before them.
CREATE OR REPLACE FUNCTION cc_outbox_read(ids uuid[]) RETURNS void LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
  INSERT INTO contact_reads (contact_id, reader, seq)
  SELECT m.contact_id, 'client', max(m.seq)
  FROM outbox o JOIN messages m ON m.id = o.message_id
  WHERE o.id = ANY(ids) AND o.state = 'read' GROUP BY m.contact_id ORDER BY m.contact_id
  ON CONFLICT (contact_id, reader)
  DO UPDATE SET seq = greatest(contact_reads.seq, excluded.seq), at = now();
END
$$;

-- What is told of single recipients, by our own names for them: theirs may be those of one to whom
-- the mail was passed on, so that a lone recipient is meant whatever they say.
CREATE OR REPLACE FUNCTION cc_undelivered(recipients jsonb, told jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(jsonb_object_agg(CASE WHEN recipients ? t.key OR n.count <> 1 THEN t.key
                                        ELSE n.one END, t.value), '{}')
  FROM jsonb_each(told) t CROSS JOIN (
    SELECT count(*), min(k) AS one FROM jsonb_object_keys(coalesce(recipients, '{}')) k) n
$$;

-- Whether nobody a message was written to got it (copies do not count); where nobody wrote its
-- recipients down, whether anybody did not.
CREATE OR REPLACE FUNCTION cc_lost(recipients jsonb, undelivered jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT undelivered <> '{}' AND NOT EXISTS (
    SELECT FROM jsonb_each(coalesce(recipients, '{}')) r
    WHERE r.value = 'true' AND NOT undelivered ? r.key)
$$;

-- Link the provider's names of these rows to them: the row's own, and those of what left before
-- (payload.names: {name: status it came with}). NULL: it came as sent.
CREATE OR REPLACE FUNCTION cc_delivery_link(ids uuid[], statuses text[] DEFAULT NULL)
RETURNS void LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  INSERT INTO deliveries AS d (account_id, provider_id, outbox_id, rank, status)
  SELECT o.account_id, n.name, o.id, cc_delivery_weight(n.status), n.status
  FROM unnest(ids, statuses) AS s (id, status)
  CROSS JOIN LATERAL (SELECT * FROM outbox f WHERE f.id = s.id OFFSET 0) o
  CROSS JOIN LATERAL (
    SELECT o.provider_id AS name, coalesce(s.status, 'sent') AS status
    UNION ALL SELECT p.key, p.value FROM jsonb_each_text(o.payload -> 'names') p
    WHERE p.key <> o.provider_id) n
  WHERE o.provider_id IS NOT NULL
  ORDER BY o.account_id, n.name
  ON CONFLICT (account_id, provider_id) DO UPDATE SET
    outbox_id = excluded.outbox_id, changed_at = now(),
    rank = greatest(d.rank, excluded.rank),
    status = CASE WHEN excluded.rank > d.rank THEN excluded.status ELSE d.status END;
END
$$;

-- Carry what the deliveries rows of these outbox rows know to the rows; returns the changed ones.
-- A row that is sent anew has another provider id: late news of the former attempt pass by. Of what
-- left in parts the worst one counts: a lost one before all, else the one we know least good of.
CREATE OR REPLACE FUNCTION cc_delivery_apply(ids uuid[]) RETURNS uuid[]
LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  found uuid[];
BEGIN
  WITH told AS (
    SELECT o.id, o.state, o.recipients, d.rank > cc_delivery_weight(o.state) AS newer, d.status,
           d.reason, d.provider_at,
           o.undelivered || cc_undelivered(o.recipients, coalesce(a.undelivered, '{}')) AS missed
    FROM outbox o
    CROSS JOIN LATERAL (  -- each name has its own recipients: a letter was sent once more for some
      SELECT jsonb_object_agg(u.key, u.value) AS undelivered
      FROM (SELECT o.provider_id AS name UNION SELECT jsonb_object_keys(o.payload -> 'names')) n
      JOIN deliveries f ON f.account_id = o.account_id AND f.provider_id = n.name
        AND f.outbox_id = o.id
      CROSS JOIN LATERAL jsonb_each(f.undelivered) u) a
    CROSS JOIN LATERAL (
      SELECT f.* FROM (
        SELECT o.provider_id AS name WHERE o.provider_id IS NOT NULL
        UNION SELECT jsonb_object_keys(o.payload -> 'names')) n
      LEFT JOIN deliveries f ON f.account_id = o.account_id AND f.provider_id = n.name
        AND f.outbox_id = o.id
      WHERE o.provider_id IS NOT NULL
      ORDER BY coalesce(f.rank, 0) <> cc_delivery_weight('failed'), coalesce(f.rank, 0) LIMIT 1) d
    WHERE o.id = ANY(ids)
  ), news AS (
    SELECT t.*, CASE WHEN t.newer THEN t.status
                     WHEN t.state = 'sent' AND cc_lost(t.recipients, t.missed)
                       THEN 'failed' END AS becomes,
      (SELECT left(string_agg(u.key || ': ' || u.value, '; '), 500)
       FROM jsonb_each_text(t.missed) u) AS words
    FROM told t
  ), changed AS (
    UPDATE outbox o SET
      undelivered = n.missed, version = o.version + 1,
      state = CASE WHEN cc_delivery_weight(n.becomes) > cc_delivery_weight(o.state)
                   THEN n.becomes ELSE o.state END,
      settled_at = CASE WHEN n.becomes IS NULL THEN o.settled_at
                        ELSE coalesce(n.provider_at, now()) END,
      error_kind = CASE WHEN coalesce(n.becomes, o.state) = 'failed' THEN 'rejected'
                        WHEN n.words IS NOT NULL THEN 'partly_refused' END,
      error_text = CASE WHEN n.becomes = 'failed' THEN coalesce(n.words, n.reason) ELSE n.words END
    FROM news n
    WHERE o.id = n.id AND o.state IN ('sent', 'failed', 'delivered', 'read')
      AND (cc_delivery_weight(n.becomes) > cc_delivery_weight(o.state) OR n.missed <> o.undelivered)
    RETURNING o.id
  )
  SELECT array_agg(id) INTO found FROM changed;
  RETURN coalesce(found, '{}');
END
$$;

-- The sender's side: these rows have just got their provider id (and the status it came with).
CREATE OR REPLACE FUNCTION cc_delivery_meets(ids uuid[], statuses text[] DEFAULT NULL)
RETURNS uuid[] LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  changed uuid[];
BEGIN
  PERFORM cc_delivery_link(ids, statuses);
  changed := cc_delivery_apply(ids);
  PERFORM cc_outbox_read(changed);
  RETURN changed;
END
$$;

-- Intake's side, for a whole batch. `own` is the id of ours that some providers echo (Outbound.id):
-- it settles a message whose answer never came, or lets its next part go. `up_to` carries the status to all before it in the
-- conversation. `to:` and an address in the place of `own` is a failure of this recipient alone.
-- Returns the outbox rows that changed; messages, versions and log are done.
CREATE OR REPLACE FUNCTION cc_deliveries(
  accounts uuid[], provider_ids text[], statuses text[], reasons text[], ats timestamptz[],
  up_tos boolean[] DEFAULT NULL, owns text[] DEFAULT NULL
) RETURNS uuid[] LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  known uuid[];
  changed uuid[];
  earlier uuid[];
  adopted uuid[];
BEGIN
  known := ARRAY(
    SELECT d.outbox_id FROM unnest(accounts, provider_ids) AS r (account_id, provider_id)
    JOIN deliveries d ON d.account_id = r.account_id AND d.provider_id = r.provider_id
    WHERE d.outbox_id IS NOT NULL
    UNION
    SELECT o.id FROM unnest(accounts, owns) AS r (account_id, own)
    JOIN outbox o ON o.id = cc_own_id(r.own) AND o.account_id = r.account_id);
  -- Contacts before deliveries rows, as the sender does it. A message that is marked sent between
  -- this and the next statement is locked late; should that ever close a circle, the batch repeats.
  PERFORM 1 FROM contacts c
  WHERE c.id IN (SELECT contact_id FROM outbox WHERE id = ANY(known))
  ORDER BY c.id FOR NO KEY UPDATE;

  -- What it names has left, whatever the answer is: the last part settles the row, an earlier one
  -- lets the next one go. News of any other part say nothing of the one that is under way.
  WITH gone AS (
    UPDATE outbox o SET
      state = CASE WHEN cc_part_after(o.payload) IS NULL THEN 'sent' ELSE 'pending' END,
      provider_id = CASE WHEN cc_part_after(o.payload) IS NULL THEN r.provider_id END,
      payload = o.payload || CASE WHEN r.count = 1 THEN '{}' ELSE jsonb_build_object('parts',
          coalesce(o.payload -> 'parts', '{}') || jsonb_build_object(r.provider_id, r.part - 1)) END
        || CASE WHEN cc_part_after(o.payload) IS NULL THEN '{}' ELSE jsonb_build_object(
        'part', cc_part_after(o.payload), 'since', o.attempts,
        'names', coalesce(o.payload -> 'names', '{}') || jsonb_build_object(r.provider_id, 'sent'))
        END,
      due_at = CASE WHEN cc_part_after(o.payload) IS NULL THEN o.due_at ELSE now() END,
      sent_at = CASE WHEN cc_part_after(o.payload) IS NULL THEN coalesce(r.at, now()) ELSE o.sent_at END,
      settled_at = CASE WHEN cc_part_after(o.payload) IS NULL THEN now() END,
      error_kind = NULL, error_text = NULL, version = o.version + 1
    FROM (
      SELECT u.*, p.part[1] AS part, p.part[2] AS count
      FROM unnest(accounts, provider_ids, ats, owns) AS u (account_id, provider_id, at, own)
      CROSS JOIN LATERAL cc_own_part(u.own) AS p (part)) r
    WHERE o.id = ANY(known) AND o.id = cc_own_id(r.own) AND o.account_id = r.account_id
      -- An attempt made anew has another key: what is told of the former one does not settle it.
      AND starts_with(r.own || '.', concat(o.id, '-r' || (o.payload ->> 'anew'), '.'))
      AND o.provider_id IS NULL AND o.state IN ('sending', 'uncertain') AND o.act = 'send'
      AND r.part = coalesce((o.payload ->> 'part')::int, 0) + 1
    RETURNING o.id, o.account_id, o.message_id, r.provider_id AS name, o.state = 'sent' AS ends
  ), named AS (
    INSERT INTO message_names (account_id, name, message_id)
    SELECT g.account_id, g.name, g.message_id FROM gone g
    WHERE NOT g.ends AND g.message_id IS NOT NULL ORDER BY g.account_id, g.name COLLATE "C"
    ON CONFLICT DO NOTHING
  )
  SELECT coalesce(array_agg(g.id), '{}') INTO adopted FROM gone g;
  PERFORM cc_delivery_link(adopted);

  INSERT INTO deliveries AS d
    (account_id, provider_id, outbox_id, rank, status, reason, provider_at)
  SELECT DISTINCT ON (r.account_id, r.provider_id)
         r.account_id, r.provider_id, o.id, cc_delivery_weight(r.status), r.status, r.reason, r.at
  FROM unnest(accounts, provider_ids, statuses, reasons, ats, owns)
       AS r (account_id, provider_id, status, reason, at, own)
  LEFT JOIN outbox o ON o.id = ANY(known) AND o.id = cc_own_id(r.own) AND o.account_id = r.account_id
    AND (o.provider_id = r.provider_id OR o.payload -> 'names' ? r.provider_id)
  WHERE NOT coalesce(starts_with(r.own, 'to:'), false)
  ORDER BY r.account_id, r.provider_id, cc_delivery_weight(r.status) DESC, r.at
  ON CONFLICT (account_id, provider_id) DO UPDATE SET
    outbox_id = coalesce(d.outbox_id, excluded.outbox_id), changed_at = now(),
    rank = greatest(d.rank, excluded.rank),
    status = CASE WHEN excluded.rank > d.rank THEN excluded.status ELSE d.status END,
    reason = CASE WHEN excluded.rank > d.rank THEN excluded.reason ELSE d.reason END,
    provider_at = CASE WHEN excluded.rank > d.rank THEN excluded.provider_at ELSE d.provider_at END;

  INSERT INTO deliveries AS d (account_id, provider_id, undelivered)
  SELECT r.account_id, r.provider_id, jsonb_object_agg(substr(r.own, 4), coalesce(r.reason, ''))
  FROM unnest(accounts, provider_ids, reasons, owns) AS r (account_id, provider_id, reason, own)
  WHERE starts_with(r.own, 'to:')
  GROUP BY r.account_id, r.provider_id ORDER BY r.account_id, r.provider_id
  ON CONFLICT (account_id, provider_id) DO UPDATE SET
    changed_at = now(), undelivered = d.undelivered || excluded.undelivered;

  -- Who has read the last part has read those before it.
  UPDATE deliveries e SET rank = cc_delivery_weight(r.status), status = r.status, provider_at = r.at
  FROM unnest(accounts, provider_ids, statuses, ats, up_tos)
       AS r (account_id, provider_id, status, at, up_to)
  JOIN deliveries d ON d.account_id = r.account_id AND d.provider_id = r.provider_id
  JOIN outbox o ON o.id = d.outbox_id AND o.provider_id = r.provider_id
  CROSS JOIN LATERAL jsonb_object_keys(o.payload -> 'names') AS n (name)
  WHERE r.up_to AND r.status IN ('delivered', 'read')
    AND e.account_id = r.account_id AND e.provider_id = n.name AND e.outbox_id = o.id
    AND e.rank < cc_delivery_weight(r.status) AND e.rank <> cc_delivery_weight('failed');

  changed := adopted || cc_delivery_apply(ARRAY(
    SELECT d.outbox_id FROM deliveries d
    JOIN unnest(accounts, provider_ids) AS r (account_id, provider_id)
      ON d.account_id = r.account_id AND d.provider_id = r.provider_id
    WHERE d.outbox_id IS NOT NULL));

  WITH before AS (
    UPDATE outbox o SET state = r.status, settled_at = coalesce(r.at, now()), version = o.version + 1
    FROM (
      SELECT DISTINCT ON (t.line_id) t.line_id, t.seq, r.status, r.at
      FROM unnest(accounts, provider_ids, statuses, ats, up_tos)
           AS r (account_id, provider_id, status, at, up_to)
      JOIN deliveries d ON d.account_id = r.account_id AND d.provider_id = r.provider_id
      JOIN outbox t ON t.id = d.outbox_id
      WHERE r.up_to AND r.status IN ('delivered', 'read')
      ORDER BY t.line_id, t.seq DESC, cc_delivery_weight(r.status) DESC
    ) r
    WHERE o.line_id = r.line_id AND o.seq < r.seq AND o.state IN ('sent', 'delivered')
      AND o.act = 'send'
      AND cc_delivery_weight(o.state) < cc_delivery_weight(r.status)
    RETURNING o.id
  )
  SELECT coalesce(array_agg(id), '{}') INTO earlier FROM before;

  changed := ARRAY(SELECT DISTINCT id FROM unnest(changed || earlier) AS u (id));
  PERFORM cc_outbox_read(changed);
  PERFORM cc_outbox_changed(changed, 'provider');
  RETURN changed;
END
$$;

-- One receipt; true when it changed anything anybody sees.
CREATE OR REPLACE FUNCTION cc_delivery(
  account uuid, provider_id text, status text, reason text, at timestamptz,
  up_to boolean DEFAULT false, own text DEFAULT NULL
) RETURNS boolean LANGUAGE sql VOLATILE AS $$
  SELECT cardinality(cc_deliveries(ARRAY[account], ARRAY[provider_id], ARRAY[status],
                                   ARRAY[reason], ARRAY[at], ARRAY[up_to], ARRAY[own])) > 0
$$;
