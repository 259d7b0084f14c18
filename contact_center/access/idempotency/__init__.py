"""Keys under which a request is done once."""
