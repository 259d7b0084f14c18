"""Who somebody is, as his provider tells it: looked up when he first writes, and seldom again."""
