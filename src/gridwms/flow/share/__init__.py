"""Fair share and limits: what accounts hold and have used, and whose turn it is."""
