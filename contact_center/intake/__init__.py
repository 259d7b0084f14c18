"""The door for all that comes in: micro-batched, deduplicated, committed before the answer."""
