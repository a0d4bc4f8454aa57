"""REST: one module a noun. A route asks the desk (who, may they), calls one use case, and shows the answer."""
