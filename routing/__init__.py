"""The pure routing engine: no I/O, no clock, no random, no time zones. See README.md."""
