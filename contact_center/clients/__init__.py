"""Clients: the unified record, its addresses, merging and its undoing."""
