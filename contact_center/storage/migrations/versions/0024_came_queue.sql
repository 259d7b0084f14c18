-- The queue a turn came to, where a ladder or a closed door led it to another one. No reference:
-- queues are never deleted, and only who looks back reads it.
ALTER TABLE work ADD COLUMN came_queue_id uuid;
