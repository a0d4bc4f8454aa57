"""The database: events, and the rows that they make."""
