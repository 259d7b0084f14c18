"""Contacts: one talk with a client from opening to closing."""
