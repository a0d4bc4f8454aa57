"""What travels to the worker node: one POSIX sh file with its data at the top, and what writes it."""
