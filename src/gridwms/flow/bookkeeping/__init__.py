"""Logging and Bookkeeping as use cases: events taken in, jobs shown and searched, in the words of L&B."""
