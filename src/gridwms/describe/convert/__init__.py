"""From one dialect of job descriptions to another: what all dialects share, and the way between any two of them."""
