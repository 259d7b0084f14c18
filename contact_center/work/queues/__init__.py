"""Queues: a policy and a view on the one waiting line; members, hours, targets."""
