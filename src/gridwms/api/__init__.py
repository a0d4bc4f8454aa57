"""HTTP: REST under /api/v1, the worker protocol, the event stream and the page of a job. No rules inside."""
