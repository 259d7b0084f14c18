"""The views: which contacts, in which order, and how many."""
