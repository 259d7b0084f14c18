"""Consents: somebody agrees at a provider that an account may act in his name."""
