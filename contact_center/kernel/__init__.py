"""What every floor stands on: clock, ids, errors, log, hint bus, sealing key."""
