"""What people type: one module a verb. Talks to the service through `gridwms.client` alone."""
