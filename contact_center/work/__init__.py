"""Work: one turn in the waiting line, its queues and who took it when."""
