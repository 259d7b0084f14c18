"""What several providers share: one vendor's signatures, addresses and errors, once for all."""
