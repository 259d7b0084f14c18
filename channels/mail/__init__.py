"""Mail: how it arrives (IMAP, a signed post), how it leaves (SMTP), and what stands in it.

The provider is in `provider.py`: who only reads mails (`reading.py`) loads none of the servers.
"""
