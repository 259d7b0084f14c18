"""SQL of the live screens: who is there, who may stay, what is offered."""

# Whoever opens a screen forgets his own of other days: LOST must not read through years of them.
OPEN = """
WITH old AS (
  DELETE FROM operator_sessions WHERE id IN (
    SELECT id FROM operator_sessions WHERE employee_id = $2
      AND seen_at < now() - interval '1 day' FOR UPDATE SKIP LOCKED)
)
INSERT INTO operator_sessions (id, employee_id, node, opened_at, seen_at)
SELECT $1, id, $3, now(), now() FROM operators WHERE id = $2 RETURNING id
"""
RENEW = """
WITH renewed AS (
  UPDATE operator_sessions SET seen_at = now(), closed_at = NULL WHERE id = ANY($1::uuid[]))
SELECT now()
"""
CLOSE = "UPDATE operator_sessions SET closed_at = now() WHERE id = $1"
# Only who once had a screen and has none any more: an integration that works through the API
# alone never had one, and is taken out by its missed offers instead. $1: since when who asks has
# been listening without a break; before, nobody could have been heard.
LOST = """
WITH grace AS MATERIALIZED (SELECT make_interval(secs => coalesce((
  SELECT (body -> 'house' ->> 'grace_seconds')::int FROM policies WHERE state = 'current'),
  15)) AS span)
SELECT o.id FROM operators o, grace
WHERE $1::timestamptz < now() - grace.span
  AND o.presence <> 'offline' AND o.presence_since < now() - grace.span
  AND EXISTS (SELECT 1 FROM operator_sessions s WHERE s.employee_id = o.id)
  AND NOT EXISTS (SELECT 1 FROM operator_sessions s WHERE s.employee_id = o.id
                  AND coalesce(s.closed_at, s.seen_at) > now() - grace.span)
"""
VALID = """
SELECT s.id_hash AS hash FROM login_sessions s JOIN employees e ON e.id = s.employee_id
WHERE s.id_hash = ANY($1::bytea[]) AND s.revoked_at IS NULL AND e.state = 'active'
  AND s.created_at > $2
UNION ALL
SELECT a.hash FROM api_tokens a JOIN employees e ON e.id = a.employee_id
WHERE a.hash = ANY($1::bytea[]) AND a.revoked_at IS NULL AND e.state = 'active'
  AND (a.expires_at IS NULL OR a.expires_at > $3)
"""
OFFERS = "SELECT id FROM offers WHERE operator_id = $1 AND state = 'live' ORDER BY created_at"
