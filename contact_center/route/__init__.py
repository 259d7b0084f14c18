"""One's own traffic through the router: `contact-center route`, `simulate` and `staffing`."""
