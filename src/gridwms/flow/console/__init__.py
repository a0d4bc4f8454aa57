"""The consoles of interactive jobs: what passes between a running payload and those attached to it.

A console lives in the memory of the instance that the wrapper calls. Bytes are numbered from the first of each stream,
and the two ends keep what the other has not confirmed: an instance that starts anew goes on where the old one ended.
"""
