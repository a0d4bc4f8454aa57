"""Compound jobs: accepted whole, followed by counting, let go along their edges, ended and retried in sweeps."""
