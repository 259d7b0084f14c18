"""Twilio: how its requests prove themselves, its REST interface, and what its errors mean."""
