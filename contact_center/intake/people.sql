-- Whom a batch is about: addresses, claims, profiles, touchpoints, links by which talks began.
-- Rare steps of intake/batch.sql.

CREATE OR REPLACE FUNCTION cc_new_id() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  -- UUIDv7: 48 bits of milliseconds over a random UUID, version and variant bits set.
  SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
    substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
    FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;

-- The id of something that is made beside what bears `id` already: only its last byte differs. A
-- random number of the system's costs more than the row it is for.
CREATE OR REPLACE FUNCTION cc_id_beside(id uuid, tag bytea) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT encode(overlay(uuid_send(id) PLACING tag FROM 16), 'hex')::uuid
$$;

-- Holds the clients of these addresses: none of them is merged away until this commits, and none has
-- been between looking and holding.
CREATE OR REPLACE FUNCTION cc_intake_hold_clients(known uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  homes uuid[];
  held uuid[] := '{}';
BEGIN
  LOOP
    SELECT coalesce(array_agg(DISTINCT i.client_id), '{}') INTO homes
    FROM identities i WHERE i.id = ANY (known);
    EXIT WHEN homes <@ held;
    PERFORM 1 FROM clients c WHERE c.id = ANY (homes) ORDER BY c.id FOR KEY SHARE;
    held := held || homes;
  END LOOP;
END
$$;

-- Senders seen for the first time: identity, client, the beginning of his history. Whoever comes
-- with an address that the site or provider vouches for joins the client of that address; what he
-- merely typed never does. Columns as in cc_intake; `identity` holds who is known.
DROP FUNCTION IF EXISTS cc_intake_register;
CREATE FUNCTION cc_intake_register(
  go boolean[], kinds text[], identity uuid[], accounts uuid[], media text[], addresses text[],
  names text[], proofs text[], ids uuid[], x jsonb[]
) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
  vouching uuid[];
BEGIN
  SELECT array_agg(i.id) INTO vouching
  FROM unnest(go, identity, x) AS e (go, known, x)
  CROSS JOIN jsonb_to_recordset(e.x -> 'claims') AS k (medium text, value text, proof text)
  CROSS JOIN LATERAL (SELECT o.id FROM identities o WHERE o.medium = k.medium AND o.value = k.value
                      AND o.proof <> 'claimed' OFFSET 0) AS i
  WHERE e.go AND e.known IS NULL AND k.proof <> 'claimed';
  IF vouching IS NOT NULL THEN
    PERFORM cc_intake_hold_clients(vouching);
  END IF;
  WITH sender AS (
    SELECT DISTINCT ON (e.medium, e.address COLLATE "C")
           e.medium, e.address, e.name, e.proof, e.x ->> 'locale' AS locale,
           cc_id_beside(e.id, '\x01') AS id, cc_id_beside(e.id, '\x02') AS client,
           CASE WHEN e.x ? 'touchpoint' THEN cc_intake_touchpoint(e.account, e.x -> 'touchpoint')
                ELSE (SELECT a.touchpoint_id FROM accounts a WHERE a.id = e.account) END AS touchpoint,
           CASE WHEN e.x ? 'claims' THEN (
             SELECT i.client_id
             FROM jsonb_to_recordset(e.x -> 'claims') AS k (medium text, value text, proof text)
             JOIN identities i ON i.medium = k.medium AND i.value = k.value
             WHERE k.proof <> 'claimed' AND i.proof <> 'claimed'
             ORDER BY i.created_at LIMIT 1) END AS known
    FROM (SELECT g.i, accounts[g.i] AS account, media[g.i] AS medium, addresses[g.i] AS address,
                 names[g.i] AS name, proofs[g.i] AS proof, ids[g.i] AS id, x[g.i] AS x
          FROM generate_series(1, cardinality(ids)) AS g (i)
          WHERE go[g.i] AND identity[g.i] IS NULL
            AND kinds[g.i] IN ('in', 'auto', 'out', 'profile')) AS e
    ORDER BY e.medium, e.address COLLATE "C", e.i
  ), made AS (
    INSERT INTO identities (id, client_id, medium, value, name, proof, touchpoint_id, seen_at)
    SELECT id, coalesce(known, client), medium, address, name, proof, touchpoint, now()
    FROM sender ORDER BY medium, address COLLATE "C"
    ON CONFLICT (medium, value) DO NOTHING
    RETURNING id
  ), registered AS (
    INSERT INTO clients (id, name, locale, touchpoint_id)
    SELECT s.client, s.name, s.locale, s.touchpoint
    FROM made m JOIN sender s ON s.id = m.id WHERE s.known IS NULL
    RETURNING id
  ), staged AS (
    INSERT INTO stage_history (id, client_id, stage, cause)
    SELECT id, id, 'learns', 'first_contact' FROM registered
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
  PERFORM cc_intake_hold_clients(ARRAY(
    SELECT r.identity FROM jsonb_to_recordset(rows) AS r (identity uuid, claims jsonb)
    CROSS JOIN jsonb_to_recordset(r.claims) AS k (medium text, value text)
    WHERE NOT EXISTS (SELECT 1 FROM identities o
                      WHERE o.medium = k.medium AND o.value = k.value)));
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
  PERFORM cc_intake_hold_clients(ARRAY(
    SELECT r.identity FROM jsonb_to_recordset(rows) AS r (identity uuid)));
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
