"""What follows messages that move from one contact to another."""
