"""Files of messages: uploads, signed addresses, fetching what providers hold."""
