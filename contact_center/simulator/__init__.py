"""The demo company and the clients' side of it: for demonstration and trial, never in earnest."""
