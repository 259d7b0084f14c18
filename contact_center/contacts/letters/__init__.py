"""What only letters have: a whole body to look at, their source, recipients."""
