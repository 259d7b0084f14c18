"""The client hears of a file that was too large to take in."""
