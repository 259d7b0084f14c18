"""What several test folders share: servers, databases, waiting."""
