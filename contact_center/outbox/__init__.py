"""What leaves the house: lines in the order written, every send in one visible state."""
