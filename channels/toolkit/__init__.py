"""What adapters are built from: signing, fitting, sniffing, phones, the guarded HTTP client."""
