"""Benchmarks: each measures its subject and its floor in one run and prints `BENCH` lines."""
