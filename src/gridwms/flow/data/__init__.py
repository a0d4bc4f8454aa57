"""Input data: where it lies, kept fresh by sets and never asked per job."""
