"""Batch systems played by this process: programs of the right names on PATH, and tasks that really run."""
