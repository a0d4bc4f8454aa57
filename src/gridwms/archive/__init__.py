"""Records of jobs that are no longer in the database: compressed files that stay searchable.

A file `jobs-<number>.jsonl.gz` holds one line of JSON a job, in gzip members of some hundred lines each, so that any
gzip reads it whole and one job is read by its member alone. Beside it lies `jobs-<number>.index`, an SQLite database
that tells where each job is and what it was; it can be made again from the file.
"""
