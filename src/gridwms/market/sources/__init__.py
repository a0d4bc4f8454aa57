"""Information sources, one a file."""
