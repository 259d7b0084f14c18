"""The ledger of merges: which address was moved from whom to whom, and whether it still is."""
