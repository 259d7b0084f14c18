"""Wire formats of providers, turned into normalised values and back. See README.md."""
