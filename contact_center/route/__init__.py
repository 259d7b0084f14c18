"""One's own traffic through the router; what is simulated and planned stands in `work/planning`."""
