"""The door for everything that comes in: micro-batched, deduplicated, committed before the answer."""
