"""What the house does by itself, by rules people set."""
