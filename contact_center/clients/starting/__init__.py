"""Links by which a client begins a talk: carried over from another one, or met at some place."""
