"""Logging and Bookkeeping (L&B) of gLite as a pure library: events, ULM lines, sequence codes, job states, queries.

Nothing here reads a clock, a file, a network or a random source; whatever is needed comes in as an argument.
"""
