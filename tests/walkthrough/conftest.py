"""`tree` holds what the walk-through adds to the project: its tests run there."""

collect_ignore = ["tree"]
