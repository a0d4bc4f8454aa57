"""The state machine: events of a job to its status (gLite reference: transition table, out-of-order rules).

`replay` is the definition: all events in canonical order, stepped one after the other. `record` keeps a job up to
date event by event and falls back on the replay whenever one comes out of order.
"""
