"""The commands of L&B (gLite reference §6.15), on the bookkeeping of a service."""
