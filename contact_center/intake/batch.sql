-- The whole intake of one batch: ONE call, ONE transaction, ONE round trip (autocommit).
--
-- Every step is a statement of its own with its own snapshot, in the order of the house's locks:
-- dedupe keys, touchpoints and identities in key order, then contacts by id, then the rest. Of clients
-- only that they stay as they are is held (KEY SHARE), where addresses join them even before the
-- contacts: nothing that holds contacts may ask for a client FOR UPDATE, as a merge does. Work
-- that exists is never touched. The functions named cc_intake_<step> are the rare steps; each takes
-- its rows as JSON. Everything a step logs holds ids and codes only.

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

-- ids: of the messages, also of their raw rows. externals: the dedupe keys. bodies: the raw requests
-- in one piece, where each has its place, from 1, and length, NULL where another event of it carries
-- it. kinds: in, auto (an answering machine) and out (written by us elsewhere) are messages; edit,
-- delete, receipt, profile, move (to `to`); probe is the key of a message that an edit of this batch
-- is about. media, addresses, names, proofs: the sender. datas: messages.data as JSON. ats: the
-- provider's time. modes: NULL while nobody has judged the message, then attach | open | bot | append |
-- file; with a ? before it, it holds where nothing is known of the conversation (?attach: where a
-- guess before it held) and is forgotten where something is. extras: what few events have, as JSON:
-- verdict, claims, files, target, status, reason, up_to, own, reply_to, subject, locale, touchpoint,
-- fields, opt_out, unsupported, group ({key, place}: a piece of a message told in several), start (the
-- digest of a link's word), profile (what is known of somebody who is to be looked up).
--
-- Answer: fresh, the new events, counted from 1; jobs, of new jobs; back: the messages that were NOT
-- written, with the facts triage needs: [{i, facts}], i from 1.
--
-- The settings pin every plan to index look-ups in nested loops: plans are cached as long as the
-- writer lives, also where its first batch met empty tables. For the same reason open contacts are
-- found by `closed_at IS NULL`: where the table is empty, `state = 'open'` invites the planner to
-- read one of the partial indexes on open contacts from end to end.
CREATE OR REPLACE FUNCTION cc_intake(
  ids uuid[], accounts uuid[], externals text[], places int[], lengths int[], kinds text[],
  keys text[], media text[], addresses text[], names text[], proofs text[], texts text[],
  datas text[], ats timestamptz[], modes text[], extras text[], bodies bytea
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
  guesses text[];       -- modes that hold where nothing is known; NULL where the batch has none
  unknown text[] := '{}';  -- the conversations of those that held
  identity uuid[];      -- of the sender
  contact uuid[];
  new_accounts uuid[];  -- of the keys this call has inserted
  new_externals text[];
  fresh int[];
  lockable uuid[];
  alive uuid[];
  parked uuid[];        -- open contacts that an operator has laid aside
  locked int;
  homeless int;         -- how many messages have no contact yet
  strangers boolean;    -- whether somebody is written by whom nobody knows
  vouched int[];        -- places where a merely claimed address is vouched for
  joins uuid[];         -- the messages that pieces join
  rows jsonb;
  opened uuid[] := '{}';   -- the contacts this call has made,
  counted boolean;         -- with what their messages show of themselves, or not yet
  waiting uuid[] := '{}';  -- of these, who is to be taken by somebody,
  verdicts jsonb[] := '{}';
  confirmed uuid[] := '{}';  -- whose letters are confirmed,
  said_ids uuid[] := '{}';
  said text[] := '{}';
  later uuid[] := '{}';    -- and those of which a job does it
  lost int[];
  r record;
  i int;
  back jsonb := '[]';
  jobs_made int := 0;
BEGIN
  IF cardinality(array_remove(extras, NULL)) > 0 THEN
    x := extras::jsonb[];
    has := ARRAY(SELECT DISTINCT k.k FROM unnest(x) AS u (x), jsonb_object_keys(u.x) AS k (k));
  END IF;

  counted := 'group' <> ALL (has);
  IF 'answers' = ANY (has) THEN
    keys := cc_intake_conversations(accounts, keys, x);
  END IF;

  IF array_to_string(modes, '') LIKE '%?%' THEN
    FOR i IN 1 .. n LOOP
      IF modes[i] LIKE '?%' THEN
        guesses[i] := substr(modes[i], 2);
        modes[i] := NULL;
      END IF;
    END LOOP;
  END IF;

  -- (0) A message nobody has judged goes back unwritten when no open contact waits for it, or when
  -- something was expected of its sender.
  -- Who is known is looked up in the same breath: what is there by now stays.
  SELECT array_agg(f.contact), array_agg(f.go), array_agg(f.identity),
         array_agg(f.i) FILTER (WHERE f.vouched),
         count(*) FILTER (WHERE f.go AND f.contact IS NULL AND f.kind = ANY (spoken)),
         bool_or(f.go AND f.identity IS NULL AND (f.kind = ANY (spoken) OR f.kind = 'profile'))
  INTO contact, go, identity, vouched, homeless, strangers
  FROM (
  SELECT e.i, e.kind, c.id AS contact, d.id AS identity,
         d.proof = 'claimed' AND proofs[e.i] <> 'claimed' AS vouched,
         e.kind <> ALL (spoken) OR e.mode IS NOT NULL
           OR (c.id IS NOT NULL AND p.expected IS NULL) AS go
  FROM (SELECT g.i, accounts[g.i] AS account, keys[g.i] AS key, kinds[g.i] AS kind,
               modes[g.i] AS mode FROM generate_series(1, n) AS g (i)) AS e
  LEFT JOIN LATERAL (SELECT o.id, o.proof FROM identities o
                     WHERE o.medium = media[e.i] AND o.value = addresses[e.i] OFFSET 0) d ON true
  LEFT JOIN LATERAL (
    SELECT o.id FROM contacts o
    WHERE e.kind = ANY (spoken) AND o.account_id = e.account AND o.conversation_key = e.key
      AND o.closed_at IS NULL OFFSET 0) c ON true
  LEFT JOIN LATERAL (
    SELECT true AS expected FROM expectations t
    WHERE e.kind = 'in' AND e.mode IS NULL AND t.account_id = e.account
      AND t.conversation_key = e.key AND t.until > now() OFFSET 0) p ON true
  ORDER BY e.i) AS f;
  -- A guess holds where nothing is known of the conversation, and what follows it joins where it held.
  IF guesses IS NOT NULL THEN
    FOR i IN 1 .. n LOOP
      CONTINUE WHEN guesses[i] IS NULL;
      IF contact[i] IS NULL AND (CASE guesses[i]
           WHEN 'attach' THEN accounts[i]::text || keys[i] = ANY (unknown)
           ELSE cc_intake_facts(accounts[i], keys[i]) IS NULL END) THEN
        unknown := unknown || (accounts[i]::text || keys[i]);
        modes[i] := guesses[i];
        go[i] := true;
        homeless := homeless + 1;
        strangers := strangers OR identity[i] IS NULL;
      ELSIF guesses[i] <> 'attach' THEN
        x[i] := x[i] - '{verdict,profile,touchpoint}'::text[];
      END IF;
    END LOOP;
  END IF;
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
    SELECT e.a, e.e FROM (SELECT accounts[g.i] AS a, externals[g.i] AS e
                          FROM generate_series(1, n) AS g (i) WHERE go[g.i]) AS e
    ORDER BY e.a, e.e COLLATE "C"
    ON CONFLICT DO NOTHING RETURNING account_id, external_id
  )
  SELECT array_agg(account_id), array_agg(external_id) INTO new_accounts, new_externals FROM inserted;
  fresh := array_positions(go, true);
  IF cardinality(new_externals) IS DISTINCT FROM cardinality(fresh) THEN
    SELECT array_agg(s.i) INTO fresh FROM (
      SELECT max(both_sides.i) AS i FROM (
        SELECT u.a, u.e, NULL::bigint AS i FROM unnest(new_accounts, new_externals) AS u (a, e)
        UNION ALL
        SELECT u.a, u.e, u.i FROM unnest(accounts, externals, go) WITH ORDINALITY AS u (a, e, go, i)
        WHERE u.go) AS both_sides
      GROUP BY both_sides.a, both_sides.e HAVING count(*) = 2) s;
    IF fresh IS NULL THEN
      RETURN jsonb_build_object('fresh', '{}'::int[], 'jobs', 0, 'back', back);
    END IF;
    go := ARRAY(SELECT g = ANY (fresh) FROM generate_series(1, n) AS g ORDER BY g);
  END IF;
  IF 'probe' = ANY (kinds) THEN  -- the probe has served: the message itself has not come yet
    DELETE FROM inbound_keys k USING unnest(accounts, externals, kinds) WITH ORDINALITY
      AS e (account, external, kind, i)
    WHERE e.kind = 'probe' AND e.i = ANY (fresh) AND k.account_id = e.account
      AND k.external_id = e.external;
    go := ARRAY(SELECT e.go AND e.kind <> 'probe'
                FROM unnest(go, kinds) WITH ORDINALITY AS e (go, kind, i) ORDER BY e.i);
  END IF;

  -- (2) Identities: make the missing ones in address order, find again.
  IF vouched IS NOT NULL THEN
    SELECT jsonb_agg(jsonb_build_object('identity', identity[v.i], 'proof', proofs[v.i],
                                        'name', names[v.i]))
    INTO rows FROM unnest(vouched) AS v (i) WHERE go[v.i];
    IF rows IS NOT NULL THEN
      PERFORM cc_intake_vouch(rows);
    END IF;
  END IF;
  IF strangers THEN
    IF 'touchpoint' = ANY (has) THEN
      PERFORM cc_intake_touchpoints(
        (SELECT jsonb_agg(e.x -> 'touchpoint') FROM unnest(x, go) AS e (x, go)
         WHERE e.go AND e.x ? 'touchpoint'));
    END IF;
    PERFORM cc_intake_register(go, kinds, identity, accounts, media, addresses, names, proofs, ids, x);
    FOR r IN SELECT g.i, o.id FROM generate_series(1, n) AS g (i)
             CROSS JOIN LATERAL (SELECT t.id FROM identities t WHERE t.medium = media[g.i]
                                 AND t.value = addresses[g.i] OFFSET 0) o
             WHERE go[g.i] AND identity[g.i] IS NULL LOOP
      identity[r.i] := r.id;
    END LOOP;
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
  lockable := array_remove(contact, NULL);
  IF 'target' = ANY (has) OR 'append' = ANY (modes) THEN
    lockable := lockable || cc_intake_named(go, kinds, accounts, keys, x);
  END IF;
  SELECT coalesce(array_agg(o.id) FILTER (WHERE o.state = 'open'), '{}'),
         array_agg(o.id) FILTER (WHERE o.snoozed_until IS NOT NULL), count(*)
  INTO alive, parked, locked FROM (
    SELECT c.id, c.state, c.snoozed_until FROM contacts c WHERE c.id = ANY (lockable)
    ORDER BY c.id FOR NO KEY UPDATE) o;
  IF locked > cardinality(alive) OR modes && '{append,file}' THEN
    SELECT array_agg(t.id ORDER BY t.i),
           count(*) FILTER (WHERE t.id IS NULL AND go[t.i] AND kinds[t.i] = ANY (spoken))
    INTO contact, homeless FROM (
      SELECT e.i, CASE
        WHEN NOT e.go OR e.kind <> ALL (spoken) OR e.mode = 'file' THEN NULL
        WHEN e.mode = 'append' AND (e.x #> '{verdict,strict}' = 'true' OR e.id IS NULL
                                    OR e.id <> ALL (alive))
          THEN (e.x #>> '{verdict,contact_id}')::uuid
        WHEN e.id = ANY (alive) THEN e.id END AS id
      FROM unnest(go, kinds, modes, x, contact) WITH ORDINALITY AS e (go, kind, mode, x, id, i)) t;
  END IF;

  -- Make the missing contacts in key order. Who loses a race finds the winner's; an event that has
  -- none even so goes back: its contact was closed under it.
  IF homeless > 0 THEN
    -- What a contact closed under it was joined into goes on there: judged anew, with that one's
    -- facts. The join held the lock we have waited for, so it is seen here.
    IF 'answers' = ANY (has) THEN
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
    END IF;
    FOR r IN SELECT * FROM cc_intake_open(go, kinds, contact, accounts, keys, identity, proofs, texts,
                                          datas, modes, ids, x, counted) LOOP
      opened := opened || r.id;
      IF modes[r.i] = 'open' THEN
        waiting := waiting || r.id;
        verdicts := verdicts || (x[r.i] -> 'verdict');
      END IF;
      IF r.said IS NOT NULL THEN  -- its id differs where no id beside the letter does
        confirmed := confirmed || r.id;
        said_ids := said_ids || encode(set_byte(uuid_send(ids[r.i]), 14,
          get_byte(uuid_send(ids[r.i]), 14) # 255), 'hex')::uuid;
        said := said || r.said;
      ELSIF r.later THEN
        later := later || r.id;
      END IF;
      FOREACH i IN ARRAY r.places LOOP
        contact[i] := r.id;
        homeless := homeless - 1;
      END LOOP;
    END LOOP;
  END IF;
  IF homeless > 0 THEN
    SELECT array_agg(coalesce(e.contact, o.id) ORDER BY e.i),
           array_agg(e.i ORDER BY e.i) FILTER (
             WHERE e.go AND e.kind = ANY (spoken) AND coalesce(e.contact, o.id) IS NULL)
    INTO contact, lost
    FROM (SELECT g.i, go[g.i] AS go, kinds[g.i] AS kind, contact[g.i] AS contact,
                 accounts[g.i] AS account, keys[g.i] AS key FROM generate_series(1, n) AS g (i)) AS e
    LEFT JOIN LATERAL (
      SELECT c.id FROM contacts c
      WHERE e.go AND e.contact IS NULL AND e.kind = ANY (spoken)
        AND c.account_id = e.account AND c.conversation_key = e.key AND c.closed_at IS NULL
      OFFSET 0) o ON true;
    FOREACH i IN ARRAY coalesce(lost, '{}') LOOP
      go[i] := false;
      fresh := array_remove(fresh, i);
      DELETE FROM inbound_keys WHERE account_id = accounts[i] AND external_id = externals[i];
      back := back || jsonb_build_object('i', i, 'facts', cc_intake_facts(accounts[i], keys[i]));
    END LOOP;
  END IF;

  -- The raw requests.
  INSERT INTO raw_events (id, account_id, external_id, body, received_at)
  SELECT ids[g.i], accounts[g.i], externals[g.i],
         substring(bodies FROM places[g.i] FOR lengths[g.i]), now()
  FROM generate_series(1, n) AS g (i) WHERE go[g.i] AND places[g.i] IS NOT NULL;

  IF 'group' = ANY (has) THEN
    joins := cc_intake_group(go, kinds, accounts, keys, contact, ids, x);
    SELECT array_agg(coalesce(e.joined, e.id) ORDER BY e.i),
           array_agg(CASE WHEN e.joined IS NULL THEN e.kind ELSE 'piece' END ORDER BY e.i)
    INTO ids, kinds FROM unnest(joins, ids, kinds) WITH ORDINALITY AS e (joined, id, kind, i);
  END IF;

  -- (4) Messages, numbered without gaps within their contact, and what the contact shows of them.
  -- Each contact carries the places of its messages through the update: to join them to it again
  -- would compare each with each. All aggregates want one order, so nothing is sorted twice. New
  -- contacts were made with what their messages show, unless pieces make that out first.
  WITH e AS (
    SELECT contact[g.i] AS contact, g.i, kinds[g.i] AS kind,
           kinds[g.i] = 'in' AND modes[g.i] IS DISTINCT FROM 'append' AS rings,
           coalesce(nullif(texts[g.i], ''), x[g.i] #>> '{files,0,name}', '') AS shown,
           CASE kinds[g.i] WHEN 'out' THEN 'outbound'
                           ELSE coalesce(x[g.i] #>> '{verdict,kind}', 'inbound') END AS written
    FROM generate_series(1, n) AS g (i) WHERE go[g.i] AND kinds[g.i] = ANY (spoken)
  ), per AS (
    SELECT contact, count(*)::int AS n, bool_or(rings) AS rings,
           array_agg(shown ORDER BY i) AS shown,
           array_agg(kind ORDER BY i) FILTER (WHERE rings OR kind = 'out') AS turns,
           array_agg(i ORDER BY i) AS places, array_agg(written ORDER BY i) AS written
    FROM e GROUP BY contact
  ), bumped AS (
    UPDATE contacts c SET
      last_seq = c.last_seq + p.n, version = c.version + p.n,
      last_text = CASE WHEN c.state = 'open' OR c.last_seq = 0 THEN left(p.shown[p.n], 200)
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
    FROM (SELECT *, turns[cardinality(turns)] AS turn FROM per
          WHERE NOT counted OR contact <> ALL (opened)) p
    WHERE c.id = p.contact
    RETURNING c.id, c.last_seq - p.n AS seq, c.version - p.n AS version, c.queue_id, c.operator_id,
              c.identity_id, p.places, p.written
  ), numbered AS (
    SELECT * FROM bumped UNION ALL
    SELECT c.id, 0, 1, c.queue_id, c.operator_id, c.identity_id,
           p.places, p.written
    FROM per p JOIN contacts c ON c.id = p.contact WHERE counted AND p.contact = ANY (opened)
  ), placed AS (
    SELECT b.id AS contact, b.seq + u.k AS seq, b.version + u.k AS version, b.queue_id,
           b.operator_id, b.identity_id AS owner, u.i, u.written, ids[u.i] AS id,
           identity[u.i] AS identity, kinds[u.i] AS kind, modes[u.i] AS mode, x[u.i] AS x
    FROM numbered b
    CROSS JOIN LATERAL unnest(b.places, b.written) WITH ORDINALITY AS u (i, written, k)
    ORDER BY u.i
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
    FROM placed p
  )
  INSERT INTO events (kind, subject_kind, subject_id, version, identity_id, actor, cause, data)
  SELECT 'message.added', 'contact', p.contact, p.version, p.identity,
         CASE p.kind WHEN 'out' THEN 'provider' ELSE 'client' END,
         coalesce(CASE WHEN p.mode IN ('append', 'file') THEN p.x #>> '{verdict,cause}' END, ''),
         jsonb_build_object('message_id', p.id, 'seq', p.seq, 'kind', p.written,
                            'queue_id', p.queue_id, 'operator_id', p.operator_id)
  FROM placed p;

  -- (5) A turn in the waiting line for each new contact that somebody is to take, and the word that
  -- it was taken in.
  IF waiting <> '{}' THEN
    PERFORM cc_intake_wait(waiting, verdicts);
  END IF;
  IF confirmed <> '{}' THEN
    IF NOT counted THEN
      UPDATE contacts c SET last_seq = c.last_seq + 1, version = c.version + 1
      WHERE c.id = ANY (confirmed);
    END IF;
    -- Three per address and day, sixty per account and hour: as answers.py has them.
    PERFORM cc_answer_counted(confirmed, said_ids, said, 3, 60, 'confirmation', true);
  END IF;
  IF later <> '{}' THEN
    WITH made AS (
      INSERT INTO jobs (id, kind, key, due_at)
      SELECT cc_new_id(), 'letters.confirm', u.id::text, now() FROM unnest(later) AS u (id)
      ON CONFLICT (kind, key) WHERE state IN ('waiting', 'running') DO NOTHING
      RETURNING id
    )
    SELECT count(*) INTO jobs_made FROM made;
  END IF;
  IF parked IS NOT NULL THEN
    jobs_made := jobs_made + cc_intake_wake(ARRAY(
      SELECT DISTINCT e.contact FROM unnest(go, contact, kinds, modes) AS e (go, contact, kind, mode)
      WHERE e.go AND e.kind = 'in' AND e.mode IS DISTINCT FROM 'append' AND e.contact = ANY (parked)
      ORDER BY 1));
  END IF;
  IF joins IS NOT NULL THEN
    PERFORM cc_intake_pieces(go, kinds, accounts, keys, externals, ids, texts, datas, x);
  END IF;
  IF EXISTS (SELECT 1 FROM parked_changes) THEN
    PERFORM cc_intake_unpark(accounts, externals, ids, go);
  END IF;
  IF has && '{body,aliases,cursor}' THEN
    PERFORM cc_intake_letters(has, go, ids, accounts, keys, x);
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

-- The call of the version before, whose nodes go on while others are replaced: each body by itself.
CREATE OR REPLACE FUNCTION cc_intake(
  ids uuid[], accounts uuid[], externals text[], bodies bytea[], kinds text[], keys text[],
  media text[], addresses text[], names text[], proofs text[], texts text[], datas text[],
  ats timestamptz[], modes text[], extras text[]
) RETURNS jsonb LANGUAGE sql VOLATILE AS $$
  SELECT cc_intake(ids, accounts, externals, array_agg(b.place ORDER BY b.i),
                   array_agg(b.length ORDER BY b.i), kinds, keys, media, addresses, names, proofs,
                   texts, datas, ats, modes, extras, coalesce(string_agg(b.body, '' ORDER BY b.i), ''))
  FROM (SELECT u.i, u.body, length(u.body) AS length, CASE WHEN u.body IS NOT NULL THEN
          (1 + coalesce(sum(length(u.body)) OVER (ORDER BY u.i), 0) - length(u.body))::int
        END AS place
        FROM unnest(bodies) WITH ORDINALITY AS u (body, i)) b
$$;
