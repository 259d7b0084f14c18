"""The house's door: HTTP, the live protocol, web chat, webhooks."""
