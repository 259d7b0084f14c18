"""Finding clients: by name in either alphabet, by number in any format, by address."""
