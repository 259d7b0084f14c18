"""`tree`: what the walk-through adds to a copy of the project; `ground`: what that stands on."""

collect_ignore = ["tree", "ground"]
