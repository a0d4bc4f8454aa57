"""Files of jobs on the service's side: input and output sandboxes and what is peeked at."""
