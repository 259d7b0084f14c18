"""What the command line can do, by subject. Each command imports what it needs when it runs."""
