"""Phones of invented clients, in Telegram and by SMS, at fake providers that know no mercy.

What a client does goes to the provider's fake, which tells the house over HTTP as the real one
would; what the house sends is what the fake was asked to send.
"""
