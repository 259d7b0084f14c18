CREATE FUNCTION cc_stranger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.verified := NEW.verified AND EXISTS (
    SELECT 1 FROM contacts c JOIN identities o ON o.id = c.identity_id
    JOIN identities i ON i.id = NEW.identity_id
    WHERE c.id = NEW.contact_id AND (c.medium <> 'mail' OR i.client_id = o.client_id));
  RETURN NEW;
END
$$;

CREATE TRIGGER strangers BEFORE INSERT ON participants
  FOR EACH ROW WHEN (NEW.role = 'member' AND NEW.verified) EXECUTE FUNCTION cc_stranger();

UPDATE participants p SET verified = false
FROM contacts c JOIN identities o ON o.id = c.identity_id, identities i
WHERE c.id = p.contact_id AND i.id = p.identity_id AND p.role = 'member' AND p.verified
  AND c.medium = 'mail' AND i.client_id <> o.client_id;
