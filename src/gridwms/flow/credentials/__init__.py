"""Credentials of users after they were delegated: with their jobs, at sites, renewed, run out."""
