"""The HTTP client of gridwms for Python programs and for the command line."""
