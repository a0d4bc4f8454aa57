"""The use cases: submit, schedule, deliver, follow, collect, cancel, retry, purge, explain. Joins the parts below."""
