"""Logging and Bookkeeping (L&B) of gLite as a pure library: events, ULM lines, sequence codes, job states, queries.

Nothing here reads a clock, a file, a network or a random source; whatever is needed comes in as an argument.

An event's way: `ulm` (line to `event`, by the table in `event_types`) → `machine.record` (in order or not) →
`machine.wms` and its siblings (one step) → `status` → `collection` (its parent), `text_view`, `json_view`, `query`.
`access` has access lists and the policy file; `from_jobs` makes L&B events of our own.
"""
