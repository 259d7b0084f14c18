"""Mail: how it arrives (IMAP), how it leaves (SMTP), and what stands in it."""
