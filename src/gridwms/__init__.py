"""gridwms: one place to hand in work for many clusters, and to follow it until its results are home."""

__version__ = "0.1.0"
