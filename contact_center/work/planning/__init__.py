"""What would be: a recorded day played under another policy, and how many operators a day needs."""
