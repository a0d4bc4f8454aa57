"""The life cycle of a job, as pure functions: states, events, steps, retry decisions and reasons.

Nothing here reads a clock, a file, a network or a random source; whatever is needed comes in as an argument.
"""
