"""Connections at providers: records, sealed secrets, health, live channels."""
