"""Durable jobs and timers: what happens later is a row, never a loop of a feature's own."""
