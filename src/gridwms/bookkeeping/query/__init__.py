"""The query language of L&B: conditions as data, their URL form, and what they compile to."""
