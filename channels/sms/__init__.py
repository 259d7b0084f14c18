"""SMS: one module per provider, and what all of them share: words of consent."""
