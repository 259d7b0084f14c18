"""Reading a thread."""
