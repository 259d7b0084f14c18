"""Dispatch: one active router that turns the engine's decisions into rows."""
