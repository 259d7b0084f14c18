"""SMS: one module per provider, and what all of them share: counting, and words of consent."""
