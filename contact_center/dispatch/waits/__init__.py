"""How long who waits will wait: measured, told, and held against what really happened."""
