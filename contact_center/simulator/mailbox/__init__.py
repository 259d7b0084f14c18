"""A mailbox to write to and read from, outside of the house: fake IMAP and SMTP on loopback.

The house comes by its real mail adapter. It knows of this folder no more than of any mail server.
"""
