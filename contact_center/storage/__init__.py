"""The one database: its schema, sessions, log, and the private PostgreSQL."""
