"""How a contact is changed: one locked row, its new messages, versions and events together."""
