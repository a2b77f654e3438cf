"""The compiled local search."""
