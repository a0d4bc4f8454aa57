"""Wiring only: builds the parts, runs the loops, stops them."""
