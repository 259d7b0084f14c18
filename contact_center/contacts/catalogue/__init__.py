"""What a contact was about and how it ended: kinds of request and result codes."""
