"""HTTP, and no rules: requests in, use cases called, answers out."""
