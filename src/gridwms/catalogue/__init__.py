"""Replica catalogues: where the files of a logical name lie."""
