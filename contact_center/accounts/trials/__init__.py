"""The live test of an account that is being connected: received, proven, stored, answered."""
