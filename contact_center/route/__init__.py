"""`contact-center route`: drive the routing engine with one's own traffic, line by line."""
