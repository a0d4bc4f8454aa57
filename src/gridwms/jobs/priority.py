"""The priority of a job among those of its owner: the highest goes first; 0 when nobody said anything."""

LOWEST, HIGHEST = -100, 100
"""A range: waiting jobs are looked at by class, account and priority, not one by one."""
