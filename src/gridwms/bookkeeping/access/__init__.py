"""Who may read and log what: access lists of jobs, the server's policy, and the decisions (gLite reference: access)."""
