"""Files of jobs on the service's disk: input, output and peeked pieces."""
