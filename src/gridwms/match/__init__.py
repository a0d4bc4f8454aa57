"""Pure matching: which resources suit a job, which is best, and why the others do not."""
