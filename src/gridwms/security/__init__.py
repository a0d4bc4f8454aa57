"""Who is calling, and what they may do: authenticators, one identity, one policy function."""
