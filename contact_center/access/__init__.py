"""Who may do what: actors, permissions, visibility, and the route table's vocabulary."""
